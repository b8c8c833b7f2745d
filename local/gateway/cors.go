package gateway

import (
	"net/http"
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/codec"
	"github.com/statelark/statelark/value"
)

// browser does what only browsers ask of S3: it answers preflights and forms, and lets the pages that may do so see other answers. It
// reports whether the request is answered.
func (g *Gateway) browser(w http.ResponseWriter, r *http.Request, x *codec.Exchange) bool {
	switch {
	case r.Method == http.MethodOptions:
		if err := g.preflight(w, r); err != nil {
			g.refuse(w, r, x, err)
		}
		return true
	case r.Method == http.MethodPost && x.Operation == nil && isForm(r):
		g.form(w, r, x)
		return true
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if rules, err := g.rules(r); err == nil {
			if rule, pattern := match(rules, origin, r.Method, nil); pattern != "" {
				rule.tell(w.Header(), pattern, origin, nil)
			}
		}
	}
	return false
}

// bucketAndKey splits the path of a request.
func bucketAndKey(r *http.Request) (bucket, key string) {
	bucket, key, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return bucket, key
}

// corsRule is a rule by which the pages of some origins may do some requests on a bucket.
type corsRule struct{ doc value.Value }

func (c corsRule) list(name string) []string {
	v, _ := c.doc.Get(name)
	var all []string
	for _, e := range v.Elems() {
		all = append(all, e.Str())
	}
	return all
}

// rules returns those of the bucket of a request.
func (g *Gateway) rules(r *http.Request) ([]corsRule, error) {
	bucket, _ := bucketAndKey(r)
	reply, err := g.call(r.Context(), &awswire.Request{Service: "s3", Operation: "GetBucketCors", Place: g.places.Of(awswire.CredentialOf(r)),
		Input: value.NewObject([]value.Member{{Key: "Bucket", Value: value.FromString(bucket)}})})
	if err != nil {
		return nil, err
	}
	list, _ := reply.Output.Get("CORSRules")
	var all []corsRule
	for _, e := range list.Elems() {
		all = append(all, corsRule{e})
	}
	return all, nil
}

// preflight answers whether a page may do a request.
func (g *Gateway) preflight(w http.ResponseWriter, r *http.Request) error {
	origin, method := r.Header.Get("Origin"), r.Header.Get("Access-Control-Request-Method")
	switch {
	case origin == "":
		return &awswire.Error{Code: "BadRequest", Message: "Insufficient information. Origin request header needed."}
	case method == "":
		return &awswire.Error{Code: "BadRequest", Message: "Invalid Access-Control-Request-Method: null"}
	case !slices.Contains([]string{"GET", "PUT", "POST", "DELETE", "HEAD"}, method):
		return &awswire.Error{Code: "BadRequest", Message: "Invalid Access-Control-Request-Method: " + method}
	}
	rules, err := g.rules(r)
	if err != nil {
		return forbidden(r, method, "CORSResponse: CORS is not enabled for this bucket.")
	}
	var headers []string
	for h := range strings.SplitSeq(strings.ToLower(r.Header.Get("Access-Control-Request-Headers")), ",") {
		if h = strings.TrimSpace(h); h != "" {
			headers = append(headers, h)
		}
	}
	rule, pattern := match(rules, origin, method, headers)
	if pattern == "" {
		return forbidden(r, method, "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / "+
			"Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.")
	}
	rule.tell(w.Header(), pattern, origin, headers)
	w.WriteHeader(http.StatusOK)
	return nil
}

func forbidden(r *http.Request, method, message string) error {
	kind := "BUCKET"
	if _, key := bucketAndKey(r); key != "" {
		kind = "OBJECT"
	}
	return &awswire.Error{Code: "AccessForbidden", Message: message, Status: http.StatusForbidden, Extra: []value.Member{
		{Key: "Method", Value: value.FromString(method)}, {Key: "ResourceType", Value: value.FromString(kind)}}}
}

// match returns the first rule for a request, and what of it the origin matches; "" when there is none.
func match(rules []corsRule, origin, method string, headers []string) (corsRule, string) {
	for _, rule := range rules {
		if !slices.Contains(rule.list("AllowedMethods"), method) {
			continue
		}
		allowed := rule.list("AllowedHeaders")
		if slices.ContainsFunc(headers, func(h string) bool {
			return !slices.ContainsFunc(allowed, func(pattern string) bool { return wildcard(strings.ToLower(pattern), h) })
		}) {
			continue
		}
		for _, pattern := range rule.list("AllowedOrigins") {
			if pattern != "" && wildcard(pattern, origin) {
				return rule, pattern
			}
		}
	}
	return corsRule{}, ""
}

// tell adds the fields that a rule gives.
func (c corsRule) tell(h http.Header, pattern, origin string, headers []string) {
	if pattern == "*" {
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(c.list("AllowedMethods"), ", "))
	h.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
	if len(headers) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.Join(headers, ", "))
	}
	if expose := c.list("ExposeHeaders"); len(expose) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(expose, ", "))
	}
	if age, ok := c.doc.Get("MaxAgeSeconds"); ok && !age.IsNull() {
		h.Set("Access-Control-Max-Age", age.Text())
	}
}

// wildcard matches text against a pattern with one * at most.
func wildcard(pattern, text string) bool {
	before, after, found := strings.Cut(pattern, "*")
	if !found {
		return pattern == text
	}
	return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}

package s3

import (
	"net/http"
	"slices"
	"strings"
)

var corsMethods = []string{"GET", "PUT", "HEAD", "POST", "DELETE"}

// CORS returns the fields by which a browser lets a page of an origin see the answer to a request on a bucket; nil when none of the
// bucket's rules allows that. headers are those that a preflight asks for.
func (s *Service) CORS(bucket, origin, method string, headers []string) (http.Header, error) {
	doc, err := s.configuration(bucket, "cors", "")
	if err != nil || origin == "" {
		return nil, err
	}
	for _, e := range (input{doc}).list("CORSRules") {
		r := input{e}
		if allowed := allowedHeaders(r, headers); allowed != nil && slices.Contains(r.strings("AllowedMethods"), method) {
			for _, pattern := range r.strings("AllowedOrigins") {
				if wildcard(pattern, origin) {
					return r.corsFields(pattern, origin, allowed), nil
				}
			}
		}
	}
	return nil, nil
}

// allowedHeaders returns the headers of those that a rule allows; nil when it does not allow all.
func allowedHeaders(r input, headers []string) []string {
	allowed := []string{}
	for _, h := range headers {
		h = strings.ToLower(strings.TrimSpace(h))
		if h == "" {
			continue
		}
		if !slices.ContainsFunc(r.strings("AllowedHeaders"), func(pattern string) bool { return wildcard(strings.ToLower(pattern), h) }) {
			return nil
		}
		allowed = append(allowed, h)
	}
	return allowed
}

func (in input) corsFields(pattern, origin string, allowed []string) http.Header {
	h := http.Header{"Access-Control-Allow-Methods": {strings.Join(in.strings("AllowedMethods"), ", ")},
		"Vary": {"Origin, Access-Control-Request-Headers, Access-Control-Request-Method"}}
	if pattern == "*" {
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	if len(allowed) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.Join(allowed, ", "))
	}
	if expose := in.strings("ExposeHeaders"); len(expose) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(expose, ", "))
	}
	if in.has("MaxAgeSeconds") {
		h.Set("Access-Control-Max-Age", decimal(in.int("MaxAgeSeconds")))
	}
	return h
}

// wildcard matches text against a pattern with one * at most.
func wildcard(pattern, text string) bool {
	before, after, found := strings.Cut(pattern, "*")
	if !found {
		return pattern == text
	}
	return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}

package gateway

import (
	"net"
	"net/http"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
)

// Handles returns the service that a request is for, by its name in the model ("": none can be told), and whether it is built in.
func (g *Gateway) Handles(r *http.Request) (service string, ok bool) {
	service = g.serviceOf(r)
	return service, service != "" && g.has(service)
}

// serviceOf tells the service of a request: by the operation that it names, where that has the service in it; by the scope of its
// signature; by what is left over.
func (g *Gateway) serviceOf(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		if name := g.names().byTarget[target[:max(0, strings.LastIndexByte(target, '.'))]]; name != "" {
			return name
		}
	}
	if rest, ok := strings.CutPrefix(r.URL.Path, "/service/"); ok && r.Header.Get("Smithy-Protocol") != "" {
		prefix, _, _ := strings.Cut(rest, "/")
		return g.names().byTarget[prefix]
	}
	if scope := scopeOf(awswire.CredentialOf(r)); scope != "" {
		return g.names().bySigning[scope]
	}
	switch query := r.URL.RawQuery; {
	case IsLink(r):
		return "sns"
	case strings.HasPrefix(r.Header.Get("Authorization"), "AWS "), strings.Contains(query, "AWSAccessKeyId="):
		return "s3" // signatures of version 2
	case isQueue(r):
		return "sqs"
	case strings.Contains(query, "Action=") && strings.Contains(query, "Version="):
		return g.byVersion(r)
	case r.Method == http.MethodPost && r.URL.Path == "/" && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return "sts" // SDKs sign neither AssumeRoleWithWebIdentity nor AssumeRoleWithSAML
	case g.o.Anonymous, bucketOf(r.Host) != "":
		return "s3"
	}
	return ""
}

// names are services by what requests call them.
type names struct{ byTarget, bySigning map[string]string }

// index makes the names. Where several services share one, it is the first that is built in, or else the first of all.
func (g *Gateway) index() *names {
	n := &names{map[string]string{}, map[string]string{}}
	add := func(m map[string]string, key, name string) {
		if known, taken := m[key]; key != "" && (!taken || !g.has(known) && g.has(name)) {
			m[key] = name
		}
	}
	for e := range model.Entries() {
		add(n.byTarget, e.TargetPrefix, e.Name)
		add(n.bySigning, e.SigningName, e.Name)
	}
	return n
}

// isQueue reports whether a request is a query to the URL of a queue, /ACCOUNT/NAME.
func isQueue(r *http.Request) bool {
	account, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	form := strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") && r.Method == http.MethodPost
	return name != "" && arn.IsAccount(account) && (form || strings.Contains(r.URL.RawQuery, "Action="))
}

// byVersion tells the service of an unsigned query by its version.
func (g *Gateway) byVersion(r *http.Request) string {
	query := r.URL.Query()
	for _, name := range []string{"sqs", "sns", "sts"} {
		if s := model.Load(name); s.Version == query.Get("Version") && s.Operations[query.Get("Action")] != nil {
			return name
		}
	}
	return ""
}

// scopeOf returns the service in a credential, KEY/DATE/REGION/SERVICE/aws4_request.
func scopeOf(credential string) string {
	rest, ok := strings.CutSuffix(credential, "/aws4_request")
	if !ok {
		return ""
	}
	return rest[strings.LastIndexByte(rest, '/')+1:]
}

// bucketOf returns the bucket that a host names: BUCKET.s3.ANYTHING, BUCKET.s3-ANYTHING, BUCKET.localhost; "" when it names none.
func bucketOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	for _, mark := range []string{".s3.", ".s3-"} {
		if bucket, _, ok := strings.Cut(host, mark); ok {
			return bucket
		}
	}
	if bucket, ok := strings.CutSuffix(host, ".localhost"); ok && bucket != "s3" {
		return bucket
	}
	return ""
}

// NamesBucket reports whether a host, as a request names it, is that of a bucket.
func NamesBucket(host string) bool { return bucketOf(host) != "" }

// pathStyle returns a request for S3 with the bucket that its host names in the path.
func pathStyle(r *http.Request) *http.Request {
	bucket := bucketOf(r.Host)
	if bucket == "" {
		return r
	}
	u := *r.URL
	u.RawPath = "/" + bucket + u.EscapedPath()
	u.Path = "/" + bucket + u.Path
	moved := *r
	moved.URL = &u
	return &moved
}

// IsLink reports whether a request comes by an address that stands in a message of SNS: people and programs follow those
// without a signature.
func IsLink(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Path == "/" &&
		(strings.HasPrefix(r.URL.RawQuery, "Action=ConfirmSubscription&") || strings.HasPrefix(r.URL.RawQuery, "Action=Unsubscribe&")) || isCertificate(r)
}

func isCertificate(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/SimpleNotificationService-") && strings.HasSuffix(r.URL.Path, ".pem")
}

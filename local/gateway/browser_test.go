package gateway

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

// browsed serves S3 alone, at a time of its own.
func browsed(t *testing.T, replies map[string]func(*awswire.Request) (*awswire.Reply, error)) (*fake, *httptest.Server) {
	t.Helper()
	f := &fake{replies: replies}
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	g := New(f, func(name string) bool { return name == "s3" }, awswire.Places{Home: arn.Place{Region: "us-east-1", Account: "123456789012"}},
		Options{Anonymous: true, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return f, server
}

func TestPreflight(t *testing.T) {
	_, server := browsed(t, map[string]func(*awswire.Request) (*awswire.Reply, error){
		"s3.GetBucketCors": answer(`{"CORSRules":[{"AllowedMethods":["GET"],"AllowedOrigins":["*"],"MaxAgeSeconds":5},` +
			`{"AllowedMethods":["PUT","DELETE"],"AllowedOrigins":["https://*.a.com","https://b.com"],"AllowedHeaders":["x-*","ETag"],"ExposeHeaders":["ETag"]}]}`),
		"s3.ListBuckets": answer(`{}`),
	})
	for _, c := range []struct {
		name, origin, method, headers string
		status                        int
		allowed                       string // origin
	}{
		{"any origin", "https://x.com", "GET", "", 200, "*"},
		{"a header that no rule has", "https://x.com", "GET", "x-a", 403, ""},
		{"a pattern", "https://www.a.com", "PUT", "X-One, etag", 200, "https://www.a.com"},
		{"by name", "https://b.com", "DELETE", "", 200, "https://b.com"},
		{"another origin", "https://c.com", "PUT", "", 403, ""},
		{"another method", "https://b.com", "POST", "", 403, ""},
		{"no origin", "", "GET", "", 400, ""},
		{"no method", "https://b.com", "", "", 400, ""},
		{"a method in small letters", "https://b.com", "put", "", 400, ""},
		{"a method that no rule can have", "https://b.com", "PATCH", "", 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, h, body := send(t, server, "OPTIONS", "/bucket/key", "", "Origin", c.origin, "Access-Control-Request-Method", c.method,
				"Access-Control-Request-Headers", c.headers)
			if status != c.status || h.Get("Access-Control-Allow-Origin") != c.allowed {
				t.Errorf("%d %v %s", status, h, body)
			}
		})
	}
	_, h, _ := send(t, server, "GET", "/", "", "Origin", "https://x.com")
	if h.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("an answer that the page may see: %v", h)
	}
	if _, h, _ = send(t, server, "DELETE", "/bucket/key", "", "Origin", "https://x.com"); h.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("an answer that it may not see: %v", h)
	}
}

func TestExpiredURLs(t *testing.T) {
	f, server := browsed(t, map[string]func(*awswire.Request) (*awswire.Reply, error){"s3.GetObject": object("x")})
	v4 := "/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=k/20260504/eu-west-1/s3/aws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=s&X-Amz-Date=%s&X-Amz-Expires=%s"
	for _, c := range []struct {
		path   string
		status int
		want   string
	}{
		{fmt.Sprintf(v4, "20260504T030000Z", "122"), 200, "x"},
		{fmt.Sprintf(v4, "20260504T030000Z", "120"), 403, "<Message>Request has expired</Message><X-Amz-Expires>120</X-Amz-Expires><Expires>2026-05-04T03:02:00Z</Expires>"},
		{fmt.Sprintf(v4, "20260504T030000Z", "604801"), 400, "AuthorizationQueryParametersError"},
		{fmt.Sprintf(v4, "20260504T030000Z", "-1"), 400, "non-negative"},
		{fmt.Sprintf(v4, "20260504T030000Z", "x"), 400, "should be a number"},
		{fmt.Sprintf(v4, "yesterday", "10"), 400, "ISO8601"},
		{"/bucket/key?AWSAccessKeyId=k&Signature=s&Expires=1777863722", 200, "x"},
		{"/bucket/key?AWSAccessKeyId=k&Signature=s&Expires=1777863720", 403, "Request has expired"},
		{"/bucket/key?AWSAccessKeyId=k&Signature=s&Expires=soon", 403, "seconds since epoch"},
	} {
		status, _, body := send(t, server, "GET", c.path, "")
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s, want %d %s", c.path, status, body, c.status, c.want)
		}
	}
	if !strings.Contains(strings.Join(f.asked, " "), "eu-west-1") {
		t.Error("the region of the URL is not the request's")
	}
}

// TestFieldsInURLs puts an object by a URL that has fields of the header in it, as SDKs sign them.
func TestFieldsInURLs(t *testing.T) {
	var got string
	_, server := browsed(t, map[string]func(*awswire.Request) (*awswire.Reply, error){
		"s3.PutObject": func(r *awswire.Request) (*awswire.Reply, error) {
			got = r.Input.Compact()
			return answer(`{}`)(r)
		},
	})
	for _, c := range []struct{ path, want string }{
		{"/bucket/key?AWSAccessKeyId=k&Signature=s&Expires=1777863722&x-amz-meta-venue=a%20b", `"Metadata":{"venue":"a b"}`},
		{"/bucket/key?X-Amz-Signature=s&X-Amz-Credential=k/20260504/us-east-1/s3/aws4_request&X-Amz-Date=20260504T030000Z&X-Amz-Expires=122&x-amz-acl=private&x-amz-tagging=a%3Db", `"ACL":"private"`},
		{"/bucket/key?X-Amz-Signature=s&X-Amz-Credential=k/20260504/us-east-1/s3/aws4_request&X-Amz-Date=20260504T030000Z&X-Amz-Expires=122&x-amz-acl=private&x-amz-tagging=a%3Db", `"Tagging":"a=b"`},
	} {
		if status, _, body := send(t, server, "PUT", c.path, "x"); status != http.StatusOK || !strings.Contains(got, c.want) {
			t.Errorf("%s: %d %s; put %s", c.path, status, body, got)
		}
	}
	if send(t, server, "PUT", "/bucket/key?x-amz-acl=private", "x"); strings.Contains(got, "private") {
		t.Errorf("unsigned: put %s", got)
	}
}

func TestForms(t *testing.T) {
	var got string
	_, server := browsed(t, map[string]func(*awswire.Request) (*awswire.Reply, error){
		"s3.PutObject": func(r *awswire.Request) (*awswire.Reply, error) {
			text, err := io.ReadAll(r.Body)
			got = r.Input.Compact() + " " + string(text)
			if err != nil {
				return nil, err
			}
			return answer(`{"ETag":"\"e\""}`)(r)
		},
	})
	policy := func(expiration string, conditions ...string) string {
		conditions = append(conditions, `{"bucket":"bucket"}`)
		return base64.StdEncoding.EncodeToString([]byte(`{"expiration":"` + expiration + `","conditions":[` + strings.Join(conditions, ",") + `]}`))
	}
	const later, earlier = "2026-05-04T04:00:00Z", "2026-05-04T03:00:00Z"
	for _, c := range []struct {
		name   string
		fields []string
		status int
		want   string // of the body, or of what was put
	}{
		{"plain", []string{"key", "a/${filename}", "acl", "private", "Content-Type", "text/x", "x-amz-meta-N", "v"}, 204,
			`"Key":"a/mine.txt"`},
		{"tags", []string{"key", "k", "tagging", "<Tagging><TagSet><Tag><Key>a b</Key><Value>&amp;</Value></Tag></TagSet></Tagging>"}, 204, `"Tagging":"a+b=%26"`},
		{"tags that are none", []string{"key", "k", "tagging", "a=b"}, 400, "MalformedXML"},
		{"a tag without a value", []string{"key", "k", "tagging", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"}, 400, "MalformedXML"},
		{"with its answer", []string{"key", "k", "success_action_status", "201"}, 201, "<Key>k</Key><ETag>&quot;e&quot;</ETag>"},
		{"no key", []string{"acl", "private"}, 400, "field named 'key'"},
		{"unsigned policy", []string{"key", "k", "policy", policy(later, `["eq","$key","k"]`), "x-amz-signature", ""}, 400, "X-Amz-Signature"},
		{"a field too many", []string{"key", "k", "acl", "private", "policy", policy(later, `["eq","$key","k"]`)}, 403, "Extra input fields: acl"},
		{"a field that is ignored", []string{"key", "k", "x-ignore-me", "x", "policy", policy(later, `["eq","$KEY","k"]`)}, 204, "the file"},
		{"good policy", []string{"key", "up/k", "policy", policy(later, `["starts-with","$key","up/"]`, `["content-length-range",1,8]`)}, 204, "the file"},
		{"old policy", []string{"key", "k", "policy", policy(earlier)}, 403, "Policy expired"},
		{"other bucket", []string{"key", "k", "policy", policy(later, `{"bucket":"other"}`)}, 403, "Policy Condition failed"},
		{"other key", []string{"key", "k", "policy", policy(later, `["starts-with","$key","up/"]`)}, 403, "Policy Condition failed"},
		{"too large", []string{"key", "k", "policy", policy(later, `["eq","$key","k"]`, `["content-length-range",0,7]`)}, 400, "EntityTooLarge"},
		{"too small", []string{"key", "k", "policy", policy(later, `["eq","$key","k"]`, `["content-length-range",9,90]`)}, 400, "EntityTooSmall"},
		{"no policy", []string{"key", "k", "policy", "e30"}, 400, "InvalidPolicyDocument"},
		{"types", []string{"key", "k", "content-type", "text/a, text/b", "policy", policy(later, `["eq","$key","k"]`, `["starts-with","$Content-Type","text/"]`)}, 204, "the file"},
		{"one type of two", []string{"key", "k", "content-type", "text/a, image/b", "policy", policy(later, `["eq","$key","k"]`, `["starts-with","$Content-Type","text/"]`)}, 403, "Policy Condition failed"},
		{"a field without its sign", []string{"key", "k", "policy", policy(later, `["eq","key","k"]`)}, 403, "Policy Condition failed"},
		{"an empty policy", []string{"key", "k", "policy", ""}, 400, "InvalidPolicyDocument"},
		{"no bucket", []string{"key", "k", "policy", base64.StdEncoding.EncodeToString([]byte(`{"expiration":"` + later + `","conditions":[["eq","$key","k"]]}`))}, 403, "Extra input fields: bucket"},
		{"more in the policy", []string{"key", "k", "policy", base64.StdEncoding.EncodeToString([]byte(`{"expiration":"` + later + `","conditions":[],"more":1}`))}, 400, "InvalidPolicyDocument"},
		{"conditions that are none", []string{"key", "k", "policy", base64.StdEncoding.EncodeToString([]byte(`{"expiration":"` + later + `","conditions":true}`))}, 400, "InvalidPolicyDocument"},
		{"an empty condition", []string{"key", "k", "policy", policy(later, `{}`)}, 400, "InvalidPolicyDocument"},
		{"two conditions in one", []string{"key", "k", "policy", policy(later, `{"key":"k","acl":"private"}`)}, 400, "InvalidPolicyDocument"},
		{"a condition of another type", []string{"key", "k", "policy", policy(later, `["eq","$key",true]`)}, 400, "InvalidPolicyDocument"},
		{"an unknown operation", []string{"key", "k", "policy", policy(later, `["ends-with","$key","k"]`)}, 400, "InvalidPolicyDocument"},
		{"half a range", []string{"key", "k", "policy", policy(later, `["content-length-range",0]`)}, 400, "InvalidPolicyDocument"},
		{"large fields", []string{"key", strings.Repeat("k", maxFields+1)}, 400, "MaxPostPreDataLengthExceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := ""
			if !slices.Contains(c.fields, "x-amz-signature") {
				c.fields = append(c.fields, "x-amz-signature", "s")
			}
			for i := 0; i < len(c.fields); i += 2 {
				body += "--edge\r\nContent-Disposition: form-data; name=\"" + c.fields[i] + "\"\r\n\r\n" + c.fields[i+1] + "\r\n"
			}
			body += "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\dir\\mine.txt\"\r\n\r\nthe file\r\n--edge--\r\n"
			got = ""
			status, _, answered := send(t, server, "POST", "/bucket", body, "Content-Type", "multipart/form-data; boundary=edge")
			if status != c.status || !strings.Contains(answered+got, c.want) {
				t.Errorf("%d %s; put %s", status, answered, got)
			}
		})
	}
	if status, _, body := send(t, server, "POST", "/bucket", "--edge--\r\n", "Content-Type", "multipart/form-data; boundary=edge"); status != http.StatusBadRequest {
		t.Errorf("an empty form: %d %s", status, body)
	}
}

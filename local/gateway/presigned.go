package gateway

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

const (
	signatureTime = "20060102T150405Z"
	shownTime     = "2006-01-02T15:04:05Z"
	maxExpires    = 7 * 24 * 60 * 60 // seconds
)

// expired refuses a URL that was signed for a time that is over. Nothing else of a signature is looked at.
func expired(r *http.Request, now time.Time) error {
	if !strings.Contains(r.URL.RawQuery, "Expires=") {
		return nil
	}
	query := r.URL.Query()
	if query.Get("X-Amz-Signature") == "" {
		return expiredV2(query, now)
	}
	at, err := time.Parse(signatureTime, query.Get("X-Amz-Date"))
	if err != nil {
		return badQuery(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`)
	}
	seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	switch {
	case err != nil:
		return badQuery("X-Amz-Expires should be a number")
	case seconds < 0:
		return badQuery("X-Amz-Expires must be non-negative")
	case seconds > maxExpires:
		return badQuery("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	}
	if end := at.Add(time.Duration(seconds) * time.Second); now.After(end) {
		return requestExpired(end, now, "X-Amz-Expires", strconv.Itoa(seconds))
	}
	return nil
}

// expiredV2 looks at a URL with a signature of version 2, whose end is a number of seconds since 1970.
func expiredV2(query url.Values, now time.Time) error {
	if query.Get("Signature") == "" {
		return nil
	}
	seconds, err := strconv.ParseInt(query.Get("Expires"), 10, 64)
	if err != nil {
		return &awswire.Error{Code: "AccessDenied", Message: "Invalid date (should be seconds since epoch): " + query.Get("Expires"), Status: http.StatusForbidden}
	}
	if end := time.Unix(seconds, 0); now.After(end) {
		return requestExpired(end, now)
	}
	return nil
}

// hoisted are the fields, or the beginnings of their names, that SDKs move from the header into a URL which they sign.
var hoisted = []string{"x-amz-meta-", "x-amz-acl", "x-amz-grant-", "x-amz-tagging", "x-amz-storage-class", "x-amz-website-redirect-location",
	"x-amz-server-side-encryption", "x-amz-object-lock-", "x-amz-expected-bucket-owner"}

// headed returns a request by a signed URL with the fields in its header that the URL has of it.
func headed(r *http.Request) *http.Request {
	raw := strings.ToLower(r.URL.RawQuery)
	if !strings.Contains(raw, "signature=") || !slices.ContainsFunc(hoisted, func(name string) bool { return strings.Contains(raw, name) }) {
		return r
	}
	query := r.URL.Query()
	u, moved := *r.URL, *r
	moved.URL, moved.Header = &u, r.Header.Clone()
	for name, texts := range query {
		if !slices.ContainsFunc(hoisted, func(start string) bool { return strings.HasPrefix(strings.ToLower(name), start) }) {
			continue
		}
		if r.Header.Get(name) == "" {
			moved.Header.Set(name, strings.Join(texts, ","))
		}
		delete(query, name)
	}
	u.RawQuery = query.Encode()
	return &moved
}

func requestExpired(end, now time.Time, more ...string) error {
	e := &awswire.Error{Code: "AccessDenied", Message: "Request has expired", Status: http.StatusForbidden}
	more = append(more, "Expires", end.UTC().Format(shownTime), "ServerTime", now.UTC().Format(shownTime))
	for i := 0; i < len(more); i += 2 {
		e.Extra = append(e.Extra, value.Member{Key: more[i], Value: value.FromString(more[i+1])})
	}
	return e
}

func badQuery(message string) error {
	return &awswire.Error{Code: "AuthorizationQueryParametersError", Message: message}
}

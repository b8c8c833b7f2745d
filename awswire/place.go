package awswire

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/statelark/statelark/arn"
)

// Places says to which place a request belongs: the region it was signed for, as AWS's endpoints are one a region, and an
// account. Signatures are not checked.
type Places struct {
	// Home is the place of requests that are not signed, or not as AWS does, and the account of those that do not name one.
	Home arn.Place
	// FromKey makes an access key id of 12 digits the account.
	FromKey bool
}

// Of returns the place of a request by the credential of its signature, KEY/DATE/REGION/SERVICE/aws4_request; "" when it
// is not signed.
func (p *Places) Of(credential string) arn.Place {
	at := p.Home
	rest, ok := strings.CutSuffix(credential, "/aws4_request")
	if !ok {
		return at
	}
	var parts [3]string // service, region, date, from the end: a key may have a slash
	for i := range parts {
		end := strings.LastIndexByte(rest, '/')
		if end < 0 {
			return at
		}
		rest, parts[i] = rest[:end], rest[end+1:]
	}
	if arn.IsRegion(parts[1]) {
		at.Region = parts[1]
	}
	if p.FromKey && arn.IsAccount(rest) {
		at.Account = rest
	}
	return at
}

// Credential returns the credential in the header Authorization, empty when it has none: it stands in
//
//	AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, SignedHeaders=…, Signature=…
func Credential(authorization []byte) []byte {
	if !bytes.HasPrefix(authorization, []byte("AWS4-HMAC-SHA256")) {
		return nil
	}
	_, rest, _ := bytes.Cut(authorization, []byte("Credential="))
	if end := bytes.IndexAny(rest, ", \t"); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

// ofRequest returns the place of a request.
func (p *Places) ofRequest(r *http.Request) arn.Place { return p.Of(CredentialOf(r)) }

// CredentialOf returns the credential of a request that is signed in its header or, as presigned ones are, in its query; ""
// when it is not signed.
func CredentialOf(r *http.Request) string {
	if text := r.Header.Get("Authorization"); text != "" {
		return string(Credential([]byte(text)))
	}
	if !strings.Contains(r.URL.RawQuery, "X-Amz-Credential") {
		return ""
	}
	return r.URL.Query().Get("X-Amz-Credential")
}

package awswire

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/statelark/statelark/arn"
)

func TestPlaces(t *testing.T) {
	home := arn.Place{Region: "us-east-1", Account: "000000000000"}
	const key = "123456789012"
	for _, test := range []struct {
		authorization, query string
		region, account      string // "" for those of home
	}{
		{},
		{authorization: "AWS4-HMAC-SHA256 Credential=AKID/20261129/eu-west-1/states/aws4_request, SignedHeaders=host, Signature=0", region: "eu-west-1"},
		{authorization: "AWS4-HMAC-SHA256 Credential=" + key + "/20261129/cn-north-1/lambda/aws4_request,SignedHeaders=host,Signature=0", region: "cn-north-1", account: key},
		{authorization: "AWS4-HMAC-SHA256 SignedHeaders=host, Credential=a/b/20261129/us-gov-west-1/states/aws4_request", region: "us-gov-west-1"},
		{authorization: "AWS4-HMAC-SHA256 Credential=" + key + "/20261129/nowhere/states/aws4_request", account: key},
		{authorization: "AWS4-HMAC-SHA256 Credential=" + key + "/20261129/eu-west-1/states", account: ""},
		{authorization: "AWS4-HMAC-SHA256 Credential=eu-west-1/states/aws4_request"},
		{authorization: "AWS4-HMAC-SHA256 Credential="},
		{authorization: "Bearer Credential=AKID/20261129/eu-west-1/states/aws4_request"},
		{authorization: "AWS4-HMAC-SHA256 Credential=1234567890123/20261129/eu-west-1/states/aws4_request", region: "eu-west-1"},
		{authorization: "AWS4-HMAC-SHA256 Credential=AKID/20261129/eu-" + strings.Repeat("x", 100) + "-1/states/aws4_request"},
		{query: "X-Amz-Credential=" + key + "%2F20261129%2Fap-southeast-2%2Flambda%2Faws4_request&X-Amz-Signature=0", region: "ap-southeast-2", account: key},
		{query: "X-Amz-Credential=%zz"},
	} {
		r := httptest.NewRequest("POST", "/?"+test.query, nil)
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		want := home
		if test.region != "" {
			want.Region = test.region
		}
		for _, fromKey := range []bool{false, true} {
			if fromKey && test.account != "" {
				want.Account = test.account
			}
			p := Places{Home: home, FromKey: fromKey}
			if got := p.ofRequest(r); got != want {
				t.Errorf("%q %q: the place is %v, want %v", test.authorization, test.query, got, want)
			}
		}
	}
}

package function

import (
	"errors"
	"strings"
	"testing"

	"github.com/statelark/statelark/arn"
)

func TestParseRef(t *testing.T) {
	tests := []struct {
		name, qualifier string
		want            Ref
		code            string
	}{
		{"f", "", Ref{Name: "f"}, ""},
		{"f:1", "", Ref{Name: "f", Qualifier: "1"}, ""},
		{"f", "live", Ref{Name: "f", Qualifier: "live"}, ""},
		{"f:live", "live", Ref{Name: "f", Qualifier: "live"}, ""},
		{"123456789012:function:f", "", Ref{Place: arn.Place{Account: "123456789012"}, Name: "f"}, ""},
		{"function:f", "", Ref{Name: "f"}, ""},
		{"arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f:$LATEST", "", Ref{Place: arn.Place{Region: "us-gov-west-1", Account: "123456789012"}, Name: "f", Qualifier: Latest}, ""},
		{"", "", Ref{}, "ValidationException"},
		{"a b", "", Ref{}, "ValidationException"},
		{"arn:aws:lambda:us-east-1:function:f", "", Ref{}, "ValidationException"},
		{"arn:aws:sqs:us-east-1:123456789012:f", "", Ref{}, "ValidationException"},
		{"f", "!", Ref{}, "ValidationException"},
		{"f:1", "2", Ref{}, "InvalidParameterValueException"},
	}
	for _, tt := range tests {
		got, err := ParseRef(tt.name, tt.qualifier)
		var refused *Error
		if errors.As(err, &refused); got != tt.want || (refused != nil) != (tt.code != "") || refused != nil && refused.Code != tt.code {
			t.Errorf("ParseRef(%q, %q) = %+v, %v; want %+v, %s", tt.name, tt.qualifier, got, err, tt.want, tt.code)
		}
	}
}

func FuzzParseRef(f *testing.F) {
	f.Add("f", "1")
	f.Add("arn:aws:lambda:us-east-1:000000000000:function:f:live", "")
	f.Add("000000000000:function:f", "$LATEST")
	f.Add("f", "$")
	f.Add(".", "")
	f.Fuzz(func(t *testing.T, name, qualifier string) {
		r, err := ParseRef(name, qualifier)
		if err != nil {
			return
		}
		if strings.ContainsAny(r.Name, "/:$ ") {
			t.Errorf("%q names the function %q", name, r.Name)
		}
		if strings.Contains(r.Qualifier, "$") && r.Qualifier != "$LATEST" {
			return // AWS's pattern of Qualifier takes it, but no version or alias has such a name, and no ARN takes it
		}
		again, err := ParseRef(arn.Place{Region: "us-east-1", Account: "000000000000"}.FunctionARN(r.Name, r.Qualifier), "")
		if err != nil || again.Name != r.Name || again.Qualifier != r.Qualifier {
			t.Errorf("%q is %+v, and its ARN %+v (%v)", name, r, again, err)
		}
	})
}

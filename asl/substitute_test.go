package asl_test

import (
	"slices"
	"testing"

	"github.com/statelark/statelark/asl"
)

func TestSubstitute(t *testing.T) {
	values := map[string]string{"Name": "f", "Loop": "${Name}", "my-key_1": "v", "Empty": "", "Quote": `a"b`}
	for _, c := range []struct {
		text, want string
		left       []string
	}{
		{"", "", nil},
		{"no dollar", "no dollar", nil},
		{"${Name}", "f", nil},
		{"a ${Name}${my-key_1} b${Empty}", "a fv b", nil},
		{"${Loop}", "${Name}", nil},
		{`"${Quote}"`, `"a"b"`, nil},
		{"${Nope} ${Other} ${Nope} ${Name}", "${Nope} ${Other} ${Nope} f", []string{"Nope", "Other"}},
		{"${AWS::Region}", "${AWS::Region}", []string{"AWS::Region"}},
		{"${} ${ Name } ${Name ${", "${} ${ Name } ${Name ${", nil},
		{`{% $sum(x){ ${"a": b} } %} $${Name}`, `{% $sum(x){ ${"a": b} } %} $f`, nil},
	} {
		got, left := asl.Substitute(c.text, values)
		if got != c.want || !slices.Equal(left, c.left) {
			t.Errorf("%q: got %q, %q; want %q, %q", c.text, got, left, c.want, c.left)
		}
	}
}

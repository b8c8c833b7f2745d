package sns

import (
	"encoding/json"
	"strings"
	"testing"
)

// The bodies of a policy that are for the subscription and those that are not. The semantics are those of the documentation of SNS
// ("filter policy constraints", "key matching") and of recorded answers.
func TestFilterBody(t *testing.T) {
	for _, x := range []struct{ policy, yes, no string }{
		{`{"a":["x"]}`, `{"a":"x"}|{"a":["y","x"]}|{"a":"x","b":1}`, `{"a":"y"}|{}|{"a":{"b":"x"}}|[1]|text|{"a":1}`},
		{`{"a":[1]}`, `{"a":1}|{"a":1.0}|{"a":[2,1]}`, `{"a":"1"}|{"a":2}`},
		{`{"a":[true,null]}`, `{"a":true}|{"a":null}`, `{"a":false}|{"a":"true"}|{}`},
		{`{"a":["x"],"b":["y"]}`, `{"a":"x","b":"y"}`, `{"a":"x"}|{"b":"y"}`},
		{`{"a":{"b":["x"]}}`, `{"a":{"b":"x"}}|{"a":[{"b":"z"},{"b":"x"}]}`, `{"a":"x"}|{"b":"x"}|{"a":{"c":{"b":"x"}}}`},
		{`{"a":[{"prefix":"x"}]}`, `{"a":"xy"}|{"a":"x"}`, `{"a":"yx"}|{"a":1}|{}`},
		{`{"a":[{"suffix":"x"}]}`, `{"a":"yx"}`, `{"a":"xy"}`},
		{`{"a":[{"equals-ignore-case":"xY"}]}`, `{"a":"Xy"}`, `{"a":"xyz"}`},
		{`{"a":[{"wildcard":"x*y*"}]}`, `{"a":"xy"}|{"a":"x..y.."}`, `{"a":"x"}|{"a":"zxy"}`},
		{`{"a":[{"wildcard":"x\\*"}]}`, `{"a":"x*"}`, `{"a":"xy"}`},
		{`{"a":[{"anything-but":"x"}]}`, `{"a":"y"}|{"a":1}|{"a":["x","y"]}`, `{"a":"x"}|{}`},
		{`{"a":[{"anything-but":["x",1]}]}`, `{"a":"y"}|{"a":2}`, `{"a":"x"}|{"a":1}`},
		{`{"a":[{"anything-but":{"prefix":"x"}}]}`, `{"a":"y"}`, `{"a":"xy"}|{}`},
		{`{"a":[{"anything-but":{"suffix":["x","y"]}}]}`, `{"a":"xz"}`, `{"a":"zx"}|{"a":"zy"}`},
		{`{"a":[{"numeric":["=",1e2]}]}`, `{"a":100}`, `{"a":"100"}|{"a":101}`},
		{`{"a":[{"numeric":[">",0,"<=",100]}]}`, `{"a":100}|{"a":0.1}`, `{"a":0}|{"a":100.1}`},
		{`{"a":[{"numeric":["<",0]}]}`, `{"a":-1}`, `{"a":0}`},
		{`{"a":[{"exists":true}]}`, `{"a":null}|{"a":""}|{"a":[]}`, `{}|{"b":1}`},
		{`{"a":[{"exists":false}]}`, `{}|{"b":1}`, `{"a":1}`},
		{`{"a":{"b":[{"exists":false}]}}`, `{}|{"a":{}}|{"a":1}`, `{"a":{"b":1}}`},
		{`{"a":[{"cidr":"10.0.0.0/24"}]}`, `{"a":"10.0.0.255"}`, `{"a":"10.0.1.0"}|{"a":"10.0.0.256"}|{"a":"x"}`},
		{`{"a":[{"cidr":"2001:db8::/32"}]}`, `{"a":"2001:db8:1::1"}`, `{"a":"2001:db9::1"}|{"a":"10.0.0.1"}`},
		{`{"$or":[{"a":["x"]},{"b":["y"]}],"c":["z"]}`, `{"a":"x","c":"z"}|{"b":"y","c":"z"}`, `{"a":"x"}|{"c":"z"}`},
		{`{"d":{"$or":[{"a":["x"]},{"b":["y"]}]}}`, `{"d":{"a":"x"}}|{"d":{"b":"y"}}`, `{"d":{}}|{"a":"x"}`},
		{`{"$or":["x"]}`, `{"$or":"x"}`, `{}`},
		{`{"a":["x",{"numeric":["=",5]}]}`, `{"a":"x"}|{"a":5}`, `{"a":6}`},
	} {
		f, err := parseFilter(x.policy, true)
		if err != nil {
			t.Errorf("%s: %v", x.policy, err)
			continue
		}
		for _, body := range strings.Split(x.yes, "|") {
			if !f.matches(&message{}, body) {
				t.Errorf("%s does not match %s", x.policy, body)
			}
		}
		for _, body := range strings.Split(x.no, "|") {
			if f.matches(&message{}, body) {
				t.Errorf("%s matches %s", x.policy, body)
			}
		}
	}
}

func TestFilterAttributes(t *testing.T) {
	for _, x := range []struct{ policy, kind, text, want string }{
		{`{"a":["x"]}`, "String", "x", "yes"},
		{`{"a":["x"]}`, "String", "y", "no"},
		{`{"a":["1"]}`, "Number", "1", "no"},
		{`{"a":[1]}`, "Number", "1.0", "yes"},
		{`{"a":[1]}`, "String", "1", "no"},
		{`{"a":[{"numeric":[">",0,"<=",100]}]}`, "Number", "99.12", "yes"},
		{`{"a":[{"numeric":[">",0,"<=",100]}]}`, "Number", "111", "no"},
		{`{"a":["x"]}`, "String.Array", `["y","x"]`, "yes"},
		{`{"a":["x"]}`, "String.Array", `["y"]`, "no"},
		{`{"a":[true]}`, "String.Array", `[true]`, "yes"},
		{`{"a":[{"exists":true}]}`, "Binary", "", "yes"},
		{`{"b":[{"exists":false}]}`, "String", "x", "yes"},
		{`{"b":["x"]}`, "String", "x", "no"},
		{`{"a":[null,{"anything-but":"x"}]}`, "String", "y", "yes"},
		{`{"b":[null,{"anything-but":"x"}]}`, "String", "y", "no"},
		{`{}`, "String", "y", "yes"},
	} {
		f, err := parseFilter(x.policy, false)
		if err != nil {
			t.Errorf("%s: %v", x.policy, err)
			continue
		}
		a := attribute{DataType: x.kind, StringValue: &x.text}
		if x.kind == "Binary" {
			a = attribute{DataType: x.kind, BinaryValue: []byte("x")}
		}
		if got := f.matches(&message{Attributes: map[string]attribute{"a": a}}, ""); got != (x.want == "yes") {
			t.Errorf("%s on %s %s: %v, want %s", x.policy, x.kind, x.text, got, x.want)
		}
	}
}

// Recorded are the texts of exists, of lists, of operators, of fields without lists, of the number of keys and of complexity. The
// others are those of AWS's open source of EventBridge's rules, which SNS shares.
func TestFilterRefused(t *testing.T) {
	many := `{"k":["` + strings.Repeat(`x","`, 150) + `x"]}`
	for _, x := range []struct {
		policy string
		body   bool
		want   string
	}{
		{`invalid-json`, false, "failed to parse JSON. Unrecognized token 'invalid': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 8]"},
		{`{"key": [{"exists": null}]}`, false, "exists match pattern must be either true or false.\n at [Source: (String)\"{\"key\":[{\"exists\":null}]}\"; line: 1, column: 23]"},
		{`{"key": [{"exists": "no"}]}`, false, "exists match pattern must be either true or false.\n at [Source: (String)\"{\"key\":[{\"exists\":\"no\"}]}\"; line: 1, column: 20]"},
		{`{"key": [["value"]]}`, false, "Match value must be String, number, true, false, or null\n at [Source: (String)\"{\"key\":[[\"value\"]]}\"; line: 1, column: 10]"},
		{`{"key": [{"wrong-operator": true}]}`, false, "Unrecognized match type wrong-operator\n at [Source: (String)\"{\"key\":[{\"wrong-operator\":true}]}\"; line: 1, column: 31]"},
		{`{"key_a": "value_one"}`, true, "\"key_a\" must be an object or an array\n at [Source: (String)\"{\"key_a\":\"value_one\"}\"; line: 1, column: 11]"},
		{`{"object": {"key": ["x"]}}`, false, "Filter policy scope MessageAttributes does not support nested filter policy"},
		{`{"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]}`, true, "Filter policy can not have more than 5 keys"},
		{many, false, "Filter policy is too complex"},
		{`{"a":{"b":{"c":[1,2,3,4]}},"d":{"e":[1,2,3]},"f":[1,2,3]}`, true, "Filter policy is too complex"},
		{`{"a":[{"prefix":"x","suffix":"y"}]}`, false, "Only one key allowed in match expression"},
		{`{"a":[]}`, false, "Empty arrays are not allowed"},
		{`{"a":[{"prefix":1}]}`, false, "prefix match pattern must be a string"},
		{`{"a":[{"numeric":5}]}`, false, "Value of numeric must be an array."},
		{`{"a":[{"numeric":[">"]}]}`, false, "Value of > must be numeric"},
		{`{"a":[{"numeric":[">",1,"<",1]}]}`, false, "Bottom must be less than top"},
		{`{"a":[{"numeric":["~",1]}]}`, false, "Unrecognized numeric range operator: ~"},
		{`{"a":[{"cidr":"10.0.0.0"}]}`, false, "Malformed CIDR, one '/' required"},
		{`[1]`, false, "Filter is not an object"},
	} {
		_, err := parseFilter(x.policy, x.body)
		if err == nil || !strings.HasPrefix(err.Error(), x.want) {
			t.Errorf("%.80s: %v, want %s", x.policy, err, x.want)
		}
	}
}

// A policy is refused or matches without a panic, whatever it and the message are; and what matches does so after another turn.
func FuzzFilter(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":["x",1,null,true]}`, `{"a":"x"}`}, {`{"a":{"b":[{"prefix":"x"}]}}`, `{"a":[{"b":"x"}]}`}, {`{"$or":[{"a":["x"]},{"b":["y"]}]}`, `{}`},
		{`{"a":[{"numeric":[">",0,"<",1]}]}`, `{"a":0.5}`}, {`{"a":[{"anything-but":{"wildcard":"*x*"}}]}`, `{"a":"\u0000"}`}, {`{"a":[{"cidr":"::/0"}]}`, `{"a":"::1"}`},
	} {
		f.Add(seed[0], seed[1], true)
		f.Add(seed[0], seed[1], false)
	}
	f.Fuzz(func(t *testing.T, policy, body string, scope bool) {
		p, err := parseFilter(policy, scope)
		if err != nil {
			return
		}
		m := &message{Attributes: map[string]attribute{"a": {DataType: "String.Array", StringValue: &body}, "b": {DataType: "String", StringValue: &body}}}
		first := p.matches(m, body)
		var compact any
		if json.Unmarshal([]byte(policy), &compact) != nil {
			t.Fatalf("%q is no JSON and was taken", policy)
		}
		if p.matches(m, body) != first {
			t.Fatalf("%q matches %q once and not twice", policy, body)
		}
	})
}

package pattern

import (
	"testing"

	"github.com/statelark/statelark/value"
)

func match(t *testing.T, pattern, event string) bool {
	t.Helper()
	p, err := Parse(pattern)
	if err != nil {
		t.Fatalf("%s: %v", pattern, err)
	}
	v, err := value.Parse(event)
	if err != nil {
		t.Fatal(err)
	}
	return p.Match(NewEvent(v))
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, event string
		want           bool
	}{
		{`{"a":["x"]}`, `{"a":"x"}`, true},
		{`{"a":["x"]}`, `{"a":"y"}`, false},
		{`{"a":["x"]}`, `{"a":["z","x"]}`, true},
		{`{"a":[1]}`, `{"a":1.0}`, true},
		{`{"a":[1]}`, `{"a":"1"}`, false},
		{`{"a":[null]}`, `{"a":null}`, true},
		{`{"a":[null]}`, `{}`, false},
		{`{"a":[null]}`, `{"a":[]}`, false},
		{`{"a":[true]}`, `{"a":true}`, true},
		{`{"a":{"b":["x"]}}`, `{"a.b":"x"}`, true},
		{`{"a.b":["x"]}`, `{"a":{"b":"x"}}`, true},
		{`{"a":["x"],"b":["y"]}`, `{"a":"x","b":"z"}`, false},
		{`{"a":[""]}`, `{"a":""}`, true},

		{`{"a":[{"prefix":"us-"}]}`, `{"a":"us-east-1"}`, true},
		{`{"a":[{"prefix":"us-"}]}`, `{"a":1}`, false},
		{`{"a":[{"prefix":{"equals-ignore-case":"US"}}]}`, `{"a":"us-east-1"}`, true},
		{`{"a":[{"suffix":".png"}]}`, `{"a":"x.PNG"}`, false},
		{`{"a":[{"suffix":{"equals-ignore-case":".png"}}]}`, `{"a":"x.PNG"}`, true},
		{`{"a":[{"equals-ignore-case":"AbC"}]}`, `{"a":"aBc"}`, true},
		{`{"a":[{"wildcard":"x/*/y*"}]}`, `{"a":"x/1/2/yes"}`, true},
		{`{"a":[{"wildcard":"x*x"}]}`, `{"a":"x"}`, false},
		{`{"a":[{"wildcard":"\\*"}]}`, `{"a":"*"}`, true},
		{`{"a":[{"wildcard":"\\*"}]}`, `{"a":"x"}`, false},
		{`{"a":[{"wildcard":"*"}]}`, `{"a":""}`, true},

		{`{"a":[{"anything-but":"x"}]}`, `{"a":"y"}`, true},
		{`{"a":[{"anything-but":"x"}]}`, `{"a":"x"}`, false},
		{`{"a":[{"anything-but":"x"}]}`, `{}`, false},
		{`{"a":[{"anything-but":["x","y"]}]}`, `{"a":null}`, true},
		{`{"a":[{"anything-but":[1,2]}]}`, `{"a":2.0}`, false},
		{`{"a":[{"anything-but":{"prefix":["x","y"]}}]}`, `{"a":"yes"}`, false},
		{`{"a":[{"anything-but":{"suffix":"s"}}]}`, `{"a":12}`, true},
		{`{"a":[{"anything-but":{"wildcard":"*/x/*"}}]}`, `{"a":"1/x/2"}`, false},
		{`{"a":[{"anything-but":{"equals-ignore-case":["X"]}}]}`, `{"a":"x"}`, false},

		{`{"a":[{"numeric":["=",3e2]}]}`, `{"a":300}`, true},
		{`{"a":[{"numeric":[">",0,"<=",5]}]}`, `{"a":5}`, true},
		{`{"a":[{"numeric":[">",0,"<=",5]}]}`, `{"a":0}`, false},
		{`{"a":[{"numeric":["<",10]}]}`, `{"a":"5"}`, false},
		{`{"a":[{"cidr":"10.0.0.0/24"}]}`, `{"a":"10.0.0.255"}`, true},
		{`{"a":[{"cidr":"10.0.0.0/24"}]}`, `{"a":"10.0.1.0"}`, false},
		{`{"a":[{"cidr":"2001:db8::/32"}]}`, `{"a":"2001:db8::1"}`, true},
		{`{"a":[{"exists":true}]}`, `{"a":{"b":1}}`, false},
		{`{"a":[{"exists":true}]}`, `{"a":null}`, true},
		{`{"a":[{"exists":false}]}`, `{"b":1}`, true},
		{`{"a":[{"exists":false},"x"]}`, `{"a":"x"}`, true},

		{`{"$or":[{"a":["x"]},{"b":[{"numeric":[">",1]}]}],"c":["z"]}`, `{"b":2,"c":"z"}`, true},
		{`{"$or":[{"a":["x"]},{"b":[{"numeric":[">",1]}]}],"c":["z"]}`, `{"a":"x","c":"y"}`, false},
		{`{"d":{"$or":[{"a":["x"]},{"$or":[{"b":["y"]},{"c":["z"]}]}]}}`, `{"d":{"c":"z"}}`, true},
		{`{"$or":["x"]}`, `{"$or":"x"}`, true},

		{`{"a":{"b":[1],"c":[2]}}`, `{"a":[{"b":1,"c":3},{"b":4,"c":2}]}`, false},
		{`{"a":{"b":[1],"c":[2]}}`, `{"a":[{"b":1,"c":3},{"b":1,"c":2}]}`, true},
		{`{"a":[{"prefix":"x"}],"b":[{"prefix":"y"}]}`, `{"a":["1","x1"],"b":["y1"]}`, true},
	} {
		if got := match(t, c.pattern, c.event); got != c.want {
			t.Errorf("%s on %s: %v", c.pattern, c.event, got)
		}
	}
}

func TestWrong(t *testing.T) {
	for _, c := range []struct{ pattern, want string }{
		{`[1]`, "Event pattern is not valid. Reason: Filter is not an object\n at [Source: (String)\"[1]\"; line: 1, column: 2]"},
		{`{'bad': 'quotation'}`, "Event pattern is not valid. Reason: Unexpected character (''' (code 39)): was expecting double-quote to start field name\n" +
			" at [Source: (String)\"{'bad': 'quotation'}\"; line: 1, column: 2]"},
		{`{"a":"x"}`, `Event pattern is not valid. Reason: "a" must be an object or an array`},
		{`{"a":[]}`, "Event pattern is not valid. Reason: Empty arrays are not allowed"},
		{`{}`, "Event pattern is not valid. Reason: Empty objects are not allowed"},
		{`{"a":[["x"]]}`, "Event pattern is not valid. Reason: Match value must be String, number, true, false, or null"},
		{`{"a":[{"like":"x"}]}`, "Event pattern is not valid. Reason: Unrecognized match type like"},
		{`{"a":[{"prefix":1}]}`, "Event pattern is not valid. Reason: prefix match pattern must be a string"},
		{`{"a":[{"exists":"x"}]}`, "Event pattern is not valid. Reason: exists match pattern must be either true or false."},
		{`{"a":[{"wildcard":"a**b"}]}`, "Event pattern is not valid. Reason: Consecutive wildcard characters at pos 1"},
		{`{"a":[{"numeric":[">",0,"<"]}]}`, "Event pattern is not valid. Reason: Value of < must be numeric"},
		{`{"a":[{"anything-but":["x",1]}]}`, "Event pattern is not valid. Reason: Inside anything but list, either all values are number or string, mixed type is not supported"},
	} {
		_, err := Parse(c.pattern)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.pattern, err, c.want)
		}
	}
	for _, text := range []string{
		`{"a":[{"prefix":["x"]}]}`, `{"a":[{"suffix":null}]}`, `{"a":[{"anything-but":null}]}`, `{"a":[{"anything-but":{"prefix":1}}]}`,
		`{"a":[{"anything-but":{"suffix":{"equals-ignore-case":"x"}}}]}`, `{"a":[{"anything-but":{"wildcard":[1]}}]}`, `{"a":[{"cidr":"bad"}]}`,
		`{"a":[{"cidr":"10.0.0.0/64"}]}`, `{"a":[{"wildcard":"*:*:*:*:*:x/*"}]}`, `{"a":[{"wildcard":["x"]}]}`, `{"a":[{"numeric":["<",1,"<",2]}]}`,
		`{"a":[{"numeric":[">",5,"<",2]}]}`, `{"a":[{"exists":true,"prefix":"x"}]}`, `{"a":[{"equals-ignore-case":1}]}`, `{"a"`, ``,
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

// TestManyArrays matches an event whose arrays could be gone through in very many ways.
func TestManyArrays(t *testing.T) {
	list := `[`
	for range 200 {
		list += `{"x":1,"y":1},`
	}
	list += `{"x":1}]`
	match(t, `{"a":{"x":[1],"y":[2]},"b":{"x":[1],"y":[2]},"c":{"x":[1],"y":[2]}}`, `{"a":`+list+`,"b":`+list+`,"c":`+list+`}`)
}

// FuzzPattern reads patterns and matches events: nothing panics, and a pattern answers the same twice.
func FuzzPattern(f *testing.F) {
	f.Add(`{"a":[{"prefix":"x"},{"anything-but":{"wildcard":"*y*"}},{"numeric":[">",1,"<",2]}],"$or":[{"b":[null]},{"c":[{"cidr":"10.0.0.0/8"}]}]}`, `{"a":"x","b":null}`)
	f.Add(`{"a":{"b":[1],"c":[{"exists":false}]}}`, `{"a":[{"b":1},{"b":[2,{"c":3}]}]}`)
	f.Fuzz(func(t *testing.T, pattern, event string) {
		p, err := Parse(pattern)
		if err != nil {
			return
		}
		v, err := value.Parse(event)
		if err != nil {
			return
		}
		if first := p.Match(NewEvent(v)); first != p.Match(NewEvent(v)) {
			t.Errorf("%s on %s differs", pattern, event)
		}
	})
}

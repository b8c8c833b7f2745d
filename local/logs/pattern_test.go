package logs

import (
	"maps"
	"testing"
)

func TestPatterns(t *testing.T) {
	const access = `127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`
	const object = `{"eventType":"UpdateTrail","user":{"id":1,"email":"a@b.c","nick":null},"tags":["x","y"],"n":[{"v":5},{"v":60}],"ok":true,"a-b":"z","big":1e3}`
	for _, c := range []struct {
		pattern, message string
		want             bool
	}{
		{"", "anything", true},
		{" ", "anything", true},
		{"ERROR", "[ERROR 400] BAD REQUEST", true},
		{"ERROR", "error", false},
		{"hello", "othello", true},
		{`"hello cruel"`, "hello cruela", true},
		{"goodbye world", "goodbye cruel world", true},
		{"goodbye world", "hello world", false},
		{"?ERROR ?WARN", "WARN it", true},
		{"?ERROR ?WARN", "INFO it", false},
		{"it ?ERROR", "INFO it", true}, // what is optional does not count beside what is required
		{"ERROR -EXITING", "ERROR EXITING", false},
		{"ERROR -EXITING", "ERROR x", true},
		{"-EXITING", "x", true},
		{`"say \"hi\""`, `they say "hi"`, true},
		{`%AUTH\w+ \d%`, "AUTHENTICATION 7", true},
		{`%^INFO%`, "x INFO", false},
		{"größe", "die größe", true},

		{`{ $.eventType = "UpdateTrail" }`, object, true},
		{`{ $.eventType = Update* }`, object, true},
		{`{ $.eventType != "*Trail" }`, object, false},
		{`{ $.user.id = 1 && $.tags[1] = "y" }`, object, true},
		{`{ $.user.id > 1 || ($.big >= 1000 && $.ok IS TRUE) }`, object, true},
		{`{ $.n[*].v > 50 }`, object, true},
		{`{ $.n[*].v > 70 }`, object, false},
		{`{ $.user.nick IS NULL }`, object, true},
		{`{ $.user.nick NOT EXISTS }`, object, false},
		{`{ $.none NOT EXISTS }`, object, true},
		{`{ $.none != "x" }`, object, false},
		{`{ $.user.* = "a@b.c" }`, object, true},
		{`{ $.['a-b'] = z }`, object, true},
		{`{ $.eventType = %Trail$% }`, object, true},
		{`{$.message = "test"}`, "no object", false},

		{`[ip, id, user, timestamp, request, status = 4*, size]`, access, true},
		{`[ip, id, user, timestamp, request, status_code=200, size]`, access, false},
		{`[ip, id, user, timestamp, request, status!=5*, size>1000 && size<2000]`, access, true},
		{`[ip, id, user]`, access, false},
		{`[ip, ..., size=1534]`, access, true},
		{`[..., request="*.html*", status, bytes]`, access, true},
		{`[ip=10.* || ip=127.*, ...]`, access, true},
		{`[w1=INFO, ...]`, access, false},
		{`[]`, access, true},
	} {
		p, err := parsePattern(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if _, got := p.match(c.message); got != c.want {
			t.Errorf("%s on %s: %v", c.pattern, c.message, got)
		}
	}
}

func TestBadPatterns(t *testing.T) {
	for _, text := range []string{
		`"open`, "a-b", "@x", `%open`, `%(%`, `{`, `{}`, `{ $.a }`, `{ $.a = }`, `{ a = 1 }`, `{ $.a > x }`, `{ $.a = 1 && }`, `{ ($.a = 1 }`, `{ $.a = 1 } x`,
		`{ $.a IS 5 }`, `{ $.a[ = 1 }`, `[`, `[a b]`, `[a=]`, `[a=1 || b=2]`, `[..., x, ...]`, `[a] b`, `[,]`,
	} {
		if _, err := parsePattern(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func TestExtracted(t *testing.T) {
	for _, c := range []struct {
		pattern, message string
		want             map[string]string
	}{
		{`[ip, ..., size]`, `1.1.1.1 GET "/a b" 20`, map[string]string{"$ip": "1.1.1.1", "$2": "GET", "$3": "/a b", "$size": "20"}},
		{`{ $.a.b = 1 || $.c = x }`, `{"a":{"b":1},"c":"y"}`, map[string]string{"$.a.b": "1", "$.c": "y"}},
		{`x`, `x`, nil},
	} {
		p, err := parsePattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := p.match(c.message); !ok || !maps.Equal(got, c.want) {
			t.Errorf("%s on %s: %v, %v", c.pattern, c.message, got, ok)
		}
	}
}

// FuzzPattern reads patterns and matches what they may meet: neither panics, and a pattern answers the same twice.
func FuzzPattern(f *testing.F) {
	for _, seed := range []string{`?a -"b" %c%`, `{ ($.a[*].b = "x*" && $.c IS NULL) || $.['d'] >= 1e3 }`, `[a, b=1*||b>2, ..., "c"]`} {
		f.Add(seed, `{"a":[{"b":"xy"}],"c":null}`)
		f.Add(seed, `1 [2 3] "4" x`)
	}
	f.Fuzz(func(t *testing.T, text, message string) {
		p, err := parsePattern(text)
		if err != nil {
			return
		}
		_, first := p.match(message)
		if _, second := p.match(message); first != second {
			t.Errorf("%q on %q: %v, then %v", text, message, first, second)
		}
	})
}

package value

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

func parse(t *testing.T, text string) Value {
	t.Helper()
	v, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return v
}

func TestTextIsKept(t *testing.T) {
	for _, text := range []string{
		`[[1, 2, 3], [4, 5, 6]]`, `{"b" : 1.10, "a":  1e3}`, `12345678901234567890`, `"\u00e9\/"`, `{"a":1,"a":2}`, "[\n]", `0.0`, `-0`,
	} {
		if got := parse(t, text).Text(); got != text {
			t.Errorf("text of %q is %q", text, got)
		}
	}
	if got := parse(t, " \t{} \n").Text(); got != "{}" {
		t.Errorf("white space around a value is kept: %q", got)
	}
}

func TestCompact(t *testing.T) {
	for text, want := range map[string]string{
		`[[1, 2], { "a" : "b c" }]`:      `[[1,2],{"a":"b c"}]`,
		`{"b" : 1.10, "a":  1e3}`:        `{"b":1.10,"a":1e3}`,
		`"\u00e9\/\u000a\u001f"`:         `"é/\n\u001F"`,
		`["\ud83d\ude00", "\ud83d"]`:     `["😀","` + "\ufffd" + `"]`,
		`  true `:                        `true`,
		`{"a\u0022b": [ ] , "c" : { } }`: `{"a\"b":[],"c":{}}`,
	} {
		v := parse(t, text)
		if got := v.Compact(); got != want {
			t.Errorf("compact %q is %q, want %q", text, got, want)
		}
		for _, again := range []Value{v.Compacted(), rebuilt(v)} {
			if again.Text() != want {
				t.Errorf("%q built anew is %q, want %q", text, again.Text(), want)
			}
		}
	}
}

// rebuilt returns v built from its parts.
func rebuilt(v Value) Value {
	switch v.Kind() {
	case Array:
		elems := make([]Value, v.Len())
		for i, e := range v.Elems() {
			elems[i] = rebuilt(e)
		}
		return NewArray(elems)
	case Object:
		members := make([]Member, v.Len())
		for i, m := range v.Members() {
			members[i] = Member{m.Key, rebuilt(m.Value)}
		}
		return NewObject(members)
	case String:
		return FromString(v.Str())
	}
	return v
}

func TestJoinKeepsSpaces(t *testing.T) {
	v := Join([]Value{parse(t, `[1, 2]`), parse(t, `{ }`)})
	if got, want := v.Text(), `[[1, 2],{ }]`; got != want {
		t.Errorf("joined %s, want %s", got, want)
	}
	if got, want := v.Compact(), `[[1,2],{}]`; got != want {
		t.Errorf("compact %s, want %s", got, want)
	}
}

func TestMembers(t *testing.T) {
	v := parse(t, `{"a":1,"b":2,"a":3}`)
	if got := v.Compacted().Len(); got != 2 {
		t.Errorf("%d members, want 2: the last of doubled keys stands", got)
	}
	if a, _ := v.Get("a"); a.Text() != "3" {
		t.Errorf("a is %s, want 3", a.Text())
	}
	if m := v.Members(); m[0].Key != "a" || m[1].Key != "b" {
		t.Errorf("members are %v: the first of doubled keys gives the place", m)
	}
	big := "{" + strings.Repeat(`"x":0,`, 3)
	for i := range 40 {
		big += `"k` + FromInt(int64(i)).Text() + `":` + FromInt(int64(i)).Text() + ","
	}
	v = parse(t, big+`"k0":"last"}`)
	if x, _ := v.Get("k0"); x.Str() != "last" || v.Len() != 41 {
		t.Errorf("k0 is %s of %d members", x.Text(), v.Len())
	}
	if _, ok := v.Get("none"); ok {
		t.Error("found a member that is not there")
	}
}

func TestWith(t *testing.T) {
	v := parse(t, `{"a": 1, "b": 2}`)
	if got := v.With("a", True).With("c", NullValue).Text(); got != `{"a":true,"b":2,"c":null}` {
		t.Errorf("got %s", got)
	}
	if v.Text() != `{"a": 1, "b": 2}` {
		t.Errorf("the old value changed: %s", v.Text())
	}
	if got := parse(t, `[1]`).With("a", True).Text(); got != `{"a":true}` {
		t.Errorf("got %s", got)
	}
}

func TestScalars(t *testing.T) {
	if i, ok := parse(t, `9223372036854775807`).Int(); !ok || i != math.MaxInt64 {
		t.Errorf("got %d %v", i, ok)
	}
	for _, text := range []string{`9223372036854775808`, `1.0`, `1e3`, `"1"`, `null`} {
		if i, ok := parse(t, text).Int(); ok {
			t.Errorf("%s is taken for the integer %d", text, i)
		}
	}
	for f, want := range map[float64]string{1e21: "1e+21", 1e20: "100000000000000000000", 1e-6: "0.000001", 1e-7: "1e-7", 1.5: "1.5", math.Copysign(0, -1): "0", 1e300: "1e+300", 5e-324: "5e-324"} {
		if got := FromFloat(f).Text(); got != want {
			t.Errorf("%v prints %s, want %s", f, got, want)
		}
	}
	var absent Value
	if absent.Exists() || absent.Kind() != Absent || absent.Text() != "" {
		t.Error("the zero Value is something")
	}
}

func TestCompareNumbers(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1", "1.0", 0}, {"-0", "0", 0}, {"12345678901234567890", "12345678901234567891", -1}, {"-5", "3", -1}, {"-5", "-6", 1},
		{"1e3", "1000", 0}, {"10", "9", 1}, {"1e400", "1e500", 0}, {"0.1", "0.2", -1},
	} {
		if got := CompareNumbers(parse(t, c.a), parse(t, c.b)); got != c.want {
			t.Errorf("%s against %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":[true]}`, `{"b":[ true ],"a":1.0}`, true}, {`"é"`, `"\u00e9"`, true}, {`[1,2]`, `[2,1]`, false},
		{`{}`, `[]`, false}, {`{"a":1}`, `{"b":1}`, false}, {`null`, `false`, false}, {`[1]`, `[1,1]`, false},
	} {
		if got := Equal(parse(t, c.a), parse(t, c.b)); got != c.want {
			t.Errorf("%s equals %s: %v", c.a, c.b, got)
		}
	}
}

func TestRefused(t *testing.T) {
	for text, where := range map[string][2]int{
		``: {1, 1}, `{`: {1, 2}, `{"a":1,}`: {1, 8}, `[1 2]`: {1, 4}, "[\n1,\n01]": {3, 2}, `nul`: {1, 1}, `"\x"`: {1, 3}, "\"\x01\"": {1, 2}, "\"\xff\"": {1, 2},
		`1.`: {1, 3}, `-`: {1, 2}, `1e`: {1, 3}, `"abc`: {1, 5}, `{"a" 1}`: {1, 6}, `1 2`: {1, 3}, `{a:1}`: {1, 2}, `"\u12"`: {1, 6},
		strings.Repeat("[", MaxDepth+1): {1, MaxDepth + 1},
	} {
		_, err := Parse(text)
		var se *SyntaxError
		if !errors.As(err, &se) {
			t.Errorf("%.40q: got %v", text, err)
			continue
		}
		if se.Line != where[0] || se.Column != where[1] {
			t.Errorf("%.40q: refused at %d:%d, want %d:%d (%s)", text, se.Line, se.Column, where[0], where[1], se.Msg)
		}
	}
	parse(t, strings.Repeat("[", MaxDepth)+strings.Repeat("]", MaxDepth))
}

// FuzzParse: Parse accepts what encoding/json accepts, but for invalid UTF-8, depth, and numbers too long to fear;
// what it accepts means the same, and its compact form is a fixed point.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"x\n",null,true]}`, `[[1, 2], {}]`, `"\ud83d\ude00"`, ` {"a":1,"a":2} `, `-0.0e+5`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			var se *SyntaxError
			if !errors.As(err, &se) {
				t.Fatalf("%q: error of another kind: %v", text, err)
			}
			if json.Valid([]byte(text)) && utf8.ValidString(text) && !strings.Contains(se.Msg, "depth") {
				t.Fatalf("%q is JSON and was refused: %v", text, err)
			}
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("%q is no JSON and was accepted", text)
		}
		compact := v.Compact()
		again, err := Parse(compact)
		if err != nil || again.Compact() != compact {
			t.Fatalf("%q: its compact form %q is not one: %v", text, compact, err)
		}
		if !Equal(v, again) && !strings.Contains(text, `\u`) {
			t.Fatalf("%q and its compact form %q differ", text, compact)
		}
		if r := rebuilt(v); !Equal(r, v) { // not the same text: of doubled keys the text keeps both
			t.Fatalf("%q: built anew it is %q, compact %q", text, r.Text(), compact)
		}
	})
}

var document = `{"customer":{"name":"Ada Lovelace","id":12345,"address":{"street":"St James's Square","city":"London"}},"lines":[` +
	strings.TrimSuffix(strings.Repeat(`{"sku":"sku-1234","quantity":2,"price":19.99,"tags":["a","b"]},`, 13), ",") + `]}`

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(document); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		v, _ := Parse(document)
		c, _ := v.Get("customer")
		if n, _ := c.Get("name"); n.Str() != "Ada Lovelace" {
			b.Fatal(n)
		}
	}
}

func BenchmarkOpenRows(b *testing.B) {
	rows := "[" + strings.TrimSuffix(strings.Repeat(`{"id":17,"amount":12.5,"name":"row","tags":["a","b"]},`, 2000), ",") + "]"
	b.SetBytes(int64(len(rows)))
	b.ReportAllocs()
	for b.Loop() {
		v, _ := Parse(rows)
		sum := 0.0
		for _, row := range v.Elems() {
			amount, _ := row.Get("amount")
			sum += amount.Float()
		}
		if sum != 25_000 {
			b.Fatal(sum)
		}
	}
}

// TestMemoryWithin: text counts as it is, what is built for more; and no more is looked at than it takes.
func TestMemoryWithin(t *testing.T) {
	parsed := Checked(`{"a":[1,2,{"b":"c"}]}`)
	parsed.Members() // opened, it is still its text
	for _, c := range []struct {
		v    Value
		want int
	}{
		{Value{}, 0}, {NullValue, 4}, {FromString("abc"), 5}, {parsed, parsed.Size()}, {EmptyArray, containerBytes},
		{NewArray([]Value{True, parsed}), containerBytes + 2*elementBytes + 4 + parsed.Size()},
		{NewObject([]Member{{"key", True}}), containerBytes + elementBytes + memberBytes + 3 + 4},
	} {
		if got := c.v.MemoryWithin(1 << 20); got != c.want {
			t.Errorf("%s takes %d, want %d", c.v.Text(), got, c.want)
		}
	}
	v := EmptyArray
	for range 60 {
		v = NewArray([]Value{v, v}) // 2⁶⁰ arrays, all in all
	}
	if got := v.MemoryWithin(1000); got <= 1000 || got > 2000 {
		t.Errorf("past the limit of 1000: %d", got)
	}
}

package awswire

import (
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

// order is a shape with one member of each sort.
var order = Struct("Order",
	Req("id", Length(1, 5)),
	Opt("count", Range(0, 10)),
	Opt("kind", Words("BIG", "SMALL")),
	Opt("code", &Shape{Kind: String, Pattern: &Pattern{Text: "^a+$", Match: func(s string) bool { return strings.Trim(s, "a") == "" && s != "" }}}),
	Opt("secret", Secret(2, 3)),
	Opt("body", Payload(4)),
	Opt("rush", Flag()),
	Opt("words", &Shape{Kind: List, Min: 1, Max: 2, Elem: Words("x", "y")}),
	Opt("parts", &Shape{Kind: List, Max: 2, Elem: Struct("Part", Req("name", Length(0, 3)), Opt("pin", Secret(0, 4)), Opt("n", Range(0, 9)))}),
)

func TestCheck(t *testing.T) {
	for _, test := range []struct{ input, want string }{
		{`{"id":"1"}`, ""},
		{`{"id":"12345","count":10,"kind":"BIG","code":"aa","secret":"ab","body":"1234","rush":true,"words":["x","y"],"parts":[{"name":""}]}`, ""},
		{`{"id":"äöüßé"}`, ""},
		{`{"id":"\u00e4\u00f6\u00fc\u00df\u00e9"}`, ""},
		{`{"id":"\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00","count":null}`, ""},
		{`{}`, "Value null at 'id' failed to satisfy constraint: Member must not be null"},
		{`{"id":null}`, "Value null at 'id' failed to satisfy constraint: Member must not be null"},
		{`{"id":""}`, "Value '' at 'id' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{`{"id":"123456"}`, "Value '123456' at 'id' failed to satisfy constraint: Member must have length less than or equal to 5"},
		{`{"id":"1","count":11}`, "Value '11' at 'count' failed to satisfy constraint: Member must have value less than or equal to 10"},
		{`{"id":"1","count":-1}`, "Value '-1' at 'count' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		{`{"id":"1","kind":"big"}`, "Value 'big' at 'kind' failed to satisfy constraint: Member must satisfy enum value set: [BIG, SMALL]"},
		{`{"id":"1","code":""}`, "Value '' at 'code' failed to satisfy constraint: Member must satisfy regular expression pattern: ^a+$"},
		{`{"id":"1","secret":"x"}`, "Value at 'secret' failed to satisfy constraint: Member must have length greater than or equal to 2"},
		{`{"id":"1","secret":"xxxx"}`, "Value at 'secret' failed to satisfy constraint: Member must have length less than or equal to 3"},
		{`{"id":"1","body":"äää"}`, "Value at 'body' failed to satisfy constraint: Member must have size less than or equal to 4 bytes in UTF-8 encoding"},
		{`{"id":"1","words":[]}`, "Value '[]' at 'words' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{`{"id":"1","words":["x","z"]}`, "Value '[x, z]' at 'words' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x, y]]"},
		{`{"id":"1","words":["x",null]}`, "Value null at 'words.2.member' failed to satisfy constraint: Member must not be null"},
		{`{"id":"1","parts":[{"name":"a","pin":"1","n":2},null,{"name":"c"}]}`,
			"Value '[Part(name=a, pin=***, n=2), null, Part(name=c, pin=null, n=null)]' at 'parts' failed to satisfy constraint: Member must have length less than or equal to 2" +
				"; Value null at 'parts.2.member' failed to satisfy constraint: Member must not be null"},
		{`{"id":"1","parts":[{"name":"a"},{"pin":"12345"}]}`, "Value null at 'parts.2.member.name' failed to satisfy constraint: Member must not be null" +
			"; Value at 'parts.2.member.pin' failed to satisfy constraint: Member must have length less than or equal to 4"},
		{`[]`, "SerializationException: Expected structure or null"},
		{`{"id":1}`, "SerializationException: NUMBER_VALUE can not be converted to a String"},
		{`{"id":false}`, "SerializationException: FALSE_VALUE can not be converted to a String"},
		{`{"rush":"true"}`, "SerializationException: STRING_VALUE can not be converted to a Boolean"},
		{`{"count":1e1}`, "SerializationException: NUMBER_VALUE can not be converted to an Integer"},
		{`{"words":"x"}`, "SerializationException: Expected list or null"},
		{`{"words":[{}]}`, "SerializationException: Start of structure or map found where not expected."},
		{`{"parts":[{"name":[]}]}`, "SerializationException: Start of list found where not expected."},
	} {
		v, err := value.Parse(test.input)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if e := check(v, order); e != nil {
			got = e.Error()
			if _, list, ok := strings.Cut(got, " detected: "); ok {
				got = list
			}
		}
		if got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.input, got, test.want)
		}
	}
}

func TestCountOfViolations(t *testing.T) {
	for input, want := range map[string]string{
		`{"id":""}`:            "ValidationException: 1 validation error detected: ",
		`{"id":"","count":11}`: "ValidationException: 2 validation errors detected: ",
	} {
		v, _ := value.Parse(input)
		if e := check(v, order); e == nil || !strings.HasPrefix(e.Error(), want) {
			t.Errorf("%s: %v", input, e)
		}
	}
}

func TestInput(t *testing.T) {
	v, err := value.Parse(`{"s":"a\nb","n":null,"i":7,"t":true,"l":["x"],"e":[],"o":{"k":"v"},"os":[{"k":"1"},{"k":"2"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	in := Input{v}
	if !in.Has("s") || in.Has("n") || in.Has("absent") {
		t.Error("Has is wrong")
	}
	if in.Str("s") != "a\nb" || *in.StrPtr("s") != "a\nb" || in.StrPtr("n") != nil || in.Str("absent") != "" {
		t.Error("Str is wrong")
	}
	if in.Int("i") != 7 || in.Int("n") != 0 || !in.Bool("t", false) || !in.Bool("n", true) || in.Bool("absent", false) {
		t.Error("Int or Bool is wrong")
	}
	if l := in.Strs("l"); len(l) != 1 || l[0] != "x" || in.Strs("n") != nil || in.Strs("e") == nil {
		t.Error("Strs is wrong")
	}
	if os := in.Structs("os"); len(os) != 2 || os[1].Str("k") != "2" || in.Structs("absent") != nil || in.Structs("e") == nil {
		t.Error("Structs is wrong")
	}
	if in.Struct("o").Str("k") != "v" || in.Struct("absent").Has("k") {
		t.Error("Struct is wrong")
	}
	if got := in.Without("os", "s", "l", "o"); got != `{"e":[],"i":7,"t":true}` {
		t.Errorf("Without = %s", got)
	}
}

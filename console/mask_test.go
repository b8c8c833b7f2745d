package console

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/statelark/statelark/value"
)

func TestMask(t *testing.T) {
	m := NewMask([]string{"password", "*token", "x-api-key", "card*", ""})
	for _, c := range []struct{ name, text, want string }{
		{"a field", `{"user": "ada", "password": "x"}`, `{"user": "ada", "password": "•••"}`},
		{"case and signs", `{"X_Api_Key":1,"Pass-Word":true,"accessToken":"x","tokenCount":3}`, `{"X_Api_Key":"•••","Pass-Word":"•••","accessToken":"•••","tokenCount":3}`},
		{"an escaped name", `{"pass\u0077ord":"x"}`, `{"pass\u0077ord":"•••"}`},
		{"whole objects", `{"password":{"a":["}",{"b":"]"}]},"c":1}`, `{"password":"•••","c":1}`},
		{"null says nothing", `{"password": null, "token" : null}`, `{"password": null, "token" : null}`},
		{"deep", `[[{"a":{"cardNumber":"4"}}]]`, `[[{"a":{"cardNumber":"•••"}}]]`},
		{"a text that is JSON", `{"body":"{\"password\":\"x\",\"b\":\"{\\\"token\\\":1}\"}"}`, `{"body":"{\"password\":\"•••\",\"b\":\"{\\\"token\\\":\\\"•••\\\"}\"}"}`},
		{"pairs", `{"Environment":[{"Name":"API_TOKEN","Value":"x"},{"Name":"A","Value":"y"}]}`, `{"Environment":[{"Name":"API_TOKEN","Value":"•••"},{"Name":"A","Value":"y"}]}`},
		{"DynamoDB", `{"Item":{"password":{"S":"x"}}}`, `{"Item":{"password":"•••"}}`},
		{"cut off in a value", `{"a":1,"password":"hun`, `{"a":1,"password":"•••"`},
		{"cut off in a text", `{"body":"{\"password\":\"hun\`, `{"body":"{\"password\":\"•••\""`},
		{"none of it JSON", `2026 INFO got {"password": hunter2} from ada`, `2026 INFO got {"password": "•••"} from ada`},
		{"a quote alone before it", `at 5" it was {"password": "hunter2", "a": "b"}, of 6"`, `at 5" it was {"password": "•••", "a": "b"}, of 6"`},
		{"a quote alone in what it says", `no " in {"body":"{\"password\":\"hunter2\"}"}`, `no " in {"body":"{\"password\":\"•••\"}"}`},
		{"a text in no quotes", `bad: {\"password\":\"hunter2\",\"a\":\"b\"}`, `bad: {\"password\":\"•••\",\"a\":\"b\"}`},
		{"a text in no quotes after a quote", `bad "it": {\"password\":\"hunter2\"}`, `bad "it": {\"password\":\"•••\"}`},
		{"nothing to hide", `{"a": "b\"c"}`, `{"a": "b\"c"}`},
		{"a value of that name", `{"a":"password","b":["password"]}`, `{"a":"password","b":["password"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := m.Text(c.text); got != c.want {
				t.Errorf("%s became\n%s, not\n%s", c.text, got, c.want)
			}
		})
	}
	if m := NewMask([]string{" ", ""}); m != nil || m.Text(`{"password":1}`) != `{"password":1}` || m.Names() != nil {
		t.Error("a mask of no names hides something")
	}
	if got := NewMask([]string{"*"}).Text(`{"a":1}`); got != `{"a":"•••"}` {
		t.Errorf("a mask of all names gives %s", got)
	}
}

// What is JSON stays JSON, with all that is not masked, and no value of a field that is masked is in it.
func TestMaskProperty(t *testing.T) {
	m := NewMask(MaskedByDefault)
	rapid.Check(t, func(t *rapid.T) {
		v := secretive(3).Draw(t, "value")
		text := v.Compact()
		got, err := value.Parse(m.Text(text))
		if err != nil {
			t.Fatalf("%s became %s: %v", text, m.Text(text), err)
		}
		if strings.Contains(got.Compact(), "hunter2") {
			t.Fatalf("%s shows a secret: %s", text, got.Compact())
		}
		if want := hiddenBy(m, v); got.Compact() != want.Compact() {
			t.Fatalf("%s became %s, not %s", text, got.Compact(), want.Compact())
		}
	})
}

// secretive makes values with secrets under names that are masked, and nowhere else.
func secretive(depth int) *rapid.Generator[value.Value] {
	return rapid.Custom(func(t *rapid.T) value.Value {
		v := anyValue(depth).Draw(t, "value")
		names := rapid.SampledFrom([]string{"password", "DB_PASSWORD", "access-token", "apiKey", "Authorization"})
		secret := rapid.SampledFrom([]value.Value{value.FromString("hunter2"), value.FromString(`"hunter2\`), value.NewArray([]value.Value{value.FromString("]hunter2")}),
			value.NewObject([]value.Member{{Key: "hunter2", Value: value.FromString("}hunter2{")}})})
		object := value.NewObject([]value.Member{{Key: "before", Value: v}, {Key: names.Draw(t, "name"), Value: secret.Draw(t, "secret")}, {Key: "after", Value: v}})
		if rapid.Bool().Draw(t, "embedded") {
			return value.NewArray([]value.Value{value.FromString(object.Compact()), v})
		}
		return object
	})
}

// hiddenBy is the mask as it is meant: slow and plain.
func hiddenBy(m *Mask, v value.Value) value.Value {
	switch v.Kind() {
	case value.Object:
		var members []value.Member
		pair := false
		for _, member := range v.Members() {
			lower := strings.ToLower(member.Key)
			switch {
			case (m.hides(member.Key) || pair && pairValues[lower]) && !member.Value.IsNull():
				member.Value = value.FromString(Hidden)
			case pairNames[lower] && member.Value.Kind() == value.String:
				pair = m.hides(member.Value.Str())
				fallthrough
			default:
				member.Value = hiddenBy(m, member.Value)
			}
			members = append(members, member)
		}
		return value.NewObject(members)
	case value.Array:
		var elems []value.Value
		for _, e := range v.Elems() {
			elems = append(elems, hiddenBy(m, e))
		}
		return value.NewArray(elems)
	case value.String:
		if inner, err := value.Parse(v.Str()); err == nil && inner.Kind() != value.String {
			if masked := hiddenBy(m, inner).Compact(); masked != inner.Compact() {
				return value.FromString(masked)
			}
		}
	}
	return v
}

// Whatever the text: what is JSON stays JSON, and what a name hides is not there.
func FuzzMask(f *testing.F) {
	f.Add(`{"password":"hunter2","a":[{"Name":"token","Value":"x"}]}`)
	f.Add(`{"body":"{\"password\":\"hun\`)
	f.Add(`"{\"a\":{\"secret\":[1,2,{\"x\":\"]\"}]}}"`)
	m := NewMask(MaskedByDefault)
	f.Fuzz(func(t *testing.T, text string) {
		got := m.Text(text)
		if json.Valid([]byte(text)) && !json.Valid([]byte(got)) {
			t.Fatalf("%q became %q", text, got)
		}
		if again := m.Text(got); json.Valid([]byte(text)) && again != got {
			t.Fatalf("%q became %q, and then %q", text, got, again)
		}
		around := `{"password":` + text + `}`
		if json.Valid([]byte(text)) && strings.TrimSpace(text) != "null" {
			if got := m.Text(around); got != `{"password":`+text[:len(text)-len(strings.TrimLeft(text, " \n\t\r"))]+`"•••"`+text[len(strings.TrimRight(text, " \n\t\r")):]+`}` {
				t.Fatalf("%q became %q", around, got)
			}
		}
	})
}

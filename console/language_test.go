package console

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/task/aws"
	"github.com/statelark/statelark/value"
)

// fixed lets everybody in as one person.
type fixed Person

func (f fixed) Who(*http.Request) (*Person, error) { p := Person(f); return &p, nil }
func (fixed) Mode() string                         { return "none" }
func (fixed) Handler() http.Handler                { return nil }

// ask sends a request to a server whose user may do everything, and decodes the answer into out.
func ask(t *testing.T, s *Server, method, path string, in, out any) int {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(Header, "1")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
		t.Fatalf("%s %s: %s: %v", method, path, w.Body, err)
	}
	return w.Code
}

func newTestServer() *Server {
	return New(Options{Hub: &Hub{}, Auth: fixed{Name: "ada", Role: Admin, Payloads: true}, Log: slog.New(slog.DiscardHandler)})
}

// marked cuts a range of UTF-16 units out of a text.
func marked(text string, start, end int) string {
	return string(utf16.Decode(utf16.Encode([]rune(text))[start:end]))
}

func TestValidatePlaces(t *testing.T) {
	for _, c := range []struct{ name, text, pointer, state, marked string }{
		{"a scalar", "{\"StartAt\": \"𝄞\",\n \"States\": {\"𝄞\": {\"Type\": \"Pass\", \"Next\": \"B\"}}}", "/States/𝄞/Next", "𝄞", `"B"`},
		{"an object", `{"StartAt": "A/~", "States": {"A/~": {"Type": "Wait", "End": true}}}`, "/States/A~1~0", "A/~", `"A/~"`},
		{"inner states", `{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "In", "States": {"In": {"Type": "Pass", "Next": "M"}}}}}}`, "/States/M/ItemProcessor/States/In/Next", "In", `"M"`},
		{"a comma too much", "{\"a\": 1,}", "", "", "}"},
		{"an early end", `{"StartAt": "ü`, "", "", "ü"},
		{"yaml: a scalar", "StartAt: A\nStates:\n  A:\n    Comment: \"ü𝄞\"\n    Type: Pass\n    Next: Bé # there is none\n", "/States/A/Next", "A", "Bé"},
		{"yaml: a mapping", "StartAt: A\nStates:\n  'A':\n    Type: Wait\n    End: true\n", "/States/A", "A", "'A'"},
		{"yaml: in a sequence", "StartAt: P\nStates:\n  P:\n    Type: Parallel\n    End: true\n    Branches:\n      - StartAt: \"X\"\n        States: {X: {Type: Pass, Next: 'it''s'}}\n", "/States/P/Branches/0/States/X/Next", "X", "'it''s'"},
		{"yaml: no yaml", "StartAt: A\n  x: [\n", "", "", "x: ["},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := validation(c.text, asl.Options{Services: aws.Services{}})
			if v.Valid {
				t.Fatal("the text is valid")
			}
			var told []string
			for _, d := range v.Diagnostics {
				if d.Pointer == c.pointer && d.State == c.state && marked(c.text, d.Start, d.End) == c.marked {
					return
				}
				told = append(told, d.Pointer+" "+d.State+" "+marked(c.text, d.Start, d.End)+": "+d.Message)
			}
			t.Errorf("no diagnostic at %q marks %q, but:\n%s", c.pointer, c.marked, strings.Join(told, "\n"))
		})
	}
}

func TestValidateOverHTTP(t *testing.T) {
	s := newTestServer()
	var v Validation
	ask(t, s, "POST", "/api/validate", ValidateRequest{Text: "StartAt: A\nStates: {A: {Type: Succeed}}"}, &v)
	if !v.Valid || v.Format != "yaml" || !strings.HasPrefix(v.Definition, "{") || v.Diagnostics == nil {
		t.Errorf("a definition in YAML: %+v", v)
	}
	var refused Failure
	if code := ask(t, s, "POST", "/api/validate", ValidateRequest{Text: strings.Repeat(" ", 2<<20)}, &refused); code != 400 {
		t.Errorf("a text of 2 MiB: %d %+v", code, refused)
	}
}

// Whatever the text, ranges lie in it.
func FuzzValidation(f *testing.F) {
	f.Add(`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B\"`)
	f.Add("StartAt: A\nStates:\n  A: &x {Type: Pass, <<: *x}\n  \"ü\": 'it''s\n")
	f.Add("a: 1\r\n\tb")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?") // as what JSON brings is
		v := validation(text, asl.Options{})
		most := utf16Length(text)
		for _, d := range v.Diagnostics {
			if d.Start < 0 || d.End < d.Start || d.End > most || d.Line < 1 {
				t.Fatalf("%+v does not lie in %q", d, text)
			}
		}
	})
}

func TestConvertKeepsOrder(t *testing.T) {
	const text = `{"StartAt": "B", "States": {"B": {"Type": "Pass", "Result": {"z": "yes", "a": "0123", "l": "one\ntwo\n", "n": null, "s": " \ud83d\ude00", "q": "{% $x %}", "e": 1e400}, "Next": "A"}, "A": {"Type": "Succeed"}}}`
	out, err := converted(text, formatYAML)
	if err != nil {
		t.Fatal(err)
	}
	back, err := converted(out, formatJSON)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := value.Parse(text)
	got, _ := value.Parse(back)
	if got.Compact() != want.Compact() {
		t.Errorf("there and back: %s\nby way of\n%s", got.Compact(), out)
	}
	if _, err := converted("a: [", formatJSON); err == nil {
		t.Error("what is no YAML was converted")
	}
}

// Any object comes back from YAML as it was.
func TestConvertThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := value.NewObject([]value.Member{{Key: "k" + rapid.String().Draw(t, "name"), Value: anyValue(3).Draw(t, "value")}})
		text, err := yamlOf(v)
		if err != nil {
			t.Fatal(err)
		}
		if formatOf(text) != formatYAML {
			return
		}
		back, err := converted(text, formatJSON)
		if err != nil {
			t.Fatalf("%v: %q", err, text)
		}
		if got, _ := value.Parse(back); got.Compact() != v.Compact() {
			t.Fatalf("%s became %s\n%q", v.Compact(), got.Compact(), text)
		}
	})
}

func anyValue(depth int) *rapid.Generator[value.Value] {
	texts := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ \n\t:#'"\-yesno01<=&*!%@|>{}\[\],?]{0,6}`),
		rapid.SampledFrom([]string{"yes", "No", "0x1F", "1_0", "2001-01-01", "~", "null", "12:30:45", ".inf", "<<", "a: b", "- a", "\u0085x", "x\ny ", "\ufeff"}))
	kinds := []*rapid.Generator[value.Value]{
		rapid.Map(texts, value.FromString), rapid.Map(rapid.Int64(), value.FromInt),
		rapid.Map(rapid.Bool(), value.FromBool), rapid.Just(value.NullValue),
	}
	if depth > 0 {
		inner := rapid.Deferred(func() *rapid.Generator[value.Value] { return anyValue(depth - 1) })
		kinds = append(kinds, rapid.Map(rapid.SliceOfN(inner, 0, 3), value.NewArray),
			rapid.Map(rapid.MapOfN(texts, inner, 0, 3), func(m map[string]value.Value) value.Value {
				var members []value.Member
				for k, v := range m {
					members = append(members, value.Member{Key: k, Value: v})
				}
				return value.NewObject(members)
			}))
	}
	return rapid.OneOf(kinds...)
}

func TestEval(t *testing.T) {
	s := newTestServer()
	for _, c := range []struct {
		name, language, expression string
		result                     string // "" when there is an error, or nothing
		errorName                  string
		start                      int
	}{
		{"jsonata", "jsonata", "{% $sum($states.input.items) * $rate %}", "12", "", 0},
		{"of the result", "jsonata", "$states.result.ok and $exists($states.context.State.Name)", "true", "", 0},
		{"undefined", "jsonata", "$states.input.nothing", "", "", 0},
		{"a syntax error", "jsonata", "{% $sum( %}", "", "S0203", 0},
		{"a type error", "jsonata", `1 + "ü" + 2`, "", "T2002", 2},
		{"a top level reference", "jsonata", "items", "", "UNSUPPORTED_JSONATA_EXPRESSION", 0},
		{"a function", "jsonata", "$sum", "", "States.QueryEvaluationError", 0},
		{"too much", "jsonata", "( $f := function($n) { $n > 0 ? $f($n - 1) + $f($n - 1) : 0 }; $f(60) )", "", "States.QueryEvaluationError", 0},
		{"a path", "jsonpath", "$.items[?(@ > 1)]", "[2,3]", "", 0},
		{"the context", "jsonpath", "$$.State.Name", `"Example"`, "", 0},
		{"a variable", "jsonpath", "$rate", "2", "", 0},
		{"an intrinsic", "jsonpath", "States.Format('{} {}', $.items[0], $rate)", `"1 2"`, "", 0},
		{"a path that misses", "jsonpath", "$.nothing", "", "States.Runtime", 0},
		{"no path", "jsonpath", " $.x[", "", "SCHEMA_VALIDATION_FAILED", 5},
		{"a template", "template", `{"n.$": "States.ArrayLength($.items)", "a": [{"c.$": "$$.State.Name"}], "k": 1}`, `{"n":3,"a":[{"c":"Example"}],"k":1}`, "", 0},
		{"a template that is wrong", "template", `{"a": 1, "n.$": "nothing"}`, "", "SCHEMA_VALIDATION_FAILED", 16},
		{"a template that is none", "template", `{"a": 1,`, "", "INVALID_JSON_DESCRIPTION", 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got EvalResult
			ask(t, s, "POST", "/api/eval", EvalRequest{Language: c.language, Expression: c.expression,
				Input: `{"items": [1, 2, 3]}`, Result: `{"ok": true}`, Variables: `{"rate": 2}`}, &got)
			if c.result != "" && (got.Result == nil || *got.Result != c.result) || c.result == "" && got.Result != nil {
				t.Errorf("result %v, want %s (%s %s)", got.Result, c.result, got.Error, got.Message)
			}
			if got.Error != c.errorName || c.start > 0 && (got.Start == nil || *got.Start != c.start) {
				t.Errorf("error %s at %v, want %s at %d: %s", got.Error, got.Start, c.errorName, c.start, got.Message)
			}
		})
	}
}

func TestIntegrations(t *testing.T) {
	s := newTestServer()
	var all Integrations
	ask(t, s, "GET", "/api/integrations", nil, &all)
	for _, i := range all.Optimised {
		var p Parameters
		if code := ask(t, s, "GET", "/api/integrations/parameters?resource="+i.Resource, nil, &p); code != 200 {
			t.Errorf("%s: %d", i.Resource, code)
		}
		for _, pattern := range i.Patterns {
			if _, err := asl.ParseResource(i.Resource + pattern); err != nil {
				t.Errorf("%s%s: %v", i.Resource, pattern, err)
			}
		}
	}
	if len(all.Services) < 300 {
		t.Errorf("%d services of the SDK", len(all.Services))
	}
	var p Parameters
	ask(t, s, "GET", "/api/integrations/parameters?resource=arn:aws:states:::aws-sdk:dynamodb:transactWriteItems", nil, &p)
	if len(p.Fields) == 0 || p.Fields[0].Name != "TransactItems" || p.Fields[0].Type != "list" || len(p.Fields[0].Fields) == 0 {
		t.Errorf("the parameters of a transaction: %+v", p)
	}
	var refused Failure
	if code := ask(t, s, "GET", "/api/integrations/parameters?resource=arn:aws:states:::aws-sdk:dynamodb:nothing", nil, &refused); code != 404 {
		t.Errorf("an action that is not there: %d %+v", code, refused)
	}
}

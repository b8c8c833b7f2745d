package asl_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/jsonata"
	"github.com/statelark/statelark/jsonpath"
	"github.com/statelark/statelark/value"
)

var rewrite = flag.Bool("rewrite", false, "write what Parse says into testdata as the expectation")

// definitionCase is one case of a file in testdata:
//
//	== title [words]
//	the definition
//	--
//	what is expected of it: one diagnostic a line, or "ok"
//
// The words say how to read the definition: "express", "state" for a single state called S, "jsonata" for a
// single state of that language, "yaml"; "compiled" expects the compiled machine as well, and "json" the JSON
// that YAML becomes.
type definitionCase struct {
	title, definition, expected string
}

func (c definitionCase) has(word string) bool { return strings.Contains(c.title, "["+word+"]") }

func readCases(t *testing.T, file string) []definitionCase {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []definitionCase
	for i, part := range strings.Split("\n"+string(text), "\n== ") {
		if i == 0 {
			continue // the head of the file
		}
		title, body, _ := strings.Cut(part, "\n")
		definition, expected, _ := strings.Cut(body, "\n--\n")
		cases = append(cases, definitionCase{title, definition, strings.TrimSpace(expected)})
	}
	if len(cases) == 0 {
		t.Fatalf("%s has no cases", file)
	}
	return cases
}

func writeCases(t *testing.T, file string, cases []definitionCase) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut("\n"+string(text), "\n== ")
	var out strings.Builder
	out.WriteString(strings.TrimPrefix(head, "\n"))
	for _, c := range cases {
		fmt.Fprintf(&out, "\n== %s\n%s\n--\n%s\n", c.title, c.definition, c.expected)
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestCorpus holds Parse against the definitions in testdata.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		cases := readCases(t, file)
		for i, c := range cases {
			got := c.run()
			if *rewrite {
				cases[i].expected = got
				continue
			}
			if diff := cmp.Diff(strings.Split(c.expected, "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s: %s\n%s", file, c.title, diff)
			}
		}
		if *rewrite {
			writeCases(t, file, cases)
		}
	}
}

func (c definitionCase) run() string {
	var o asl.Options
	if c.has("express") {
		o.Type = "EXPRESS"
	}
	var m *asl.Machine
	var ds []asl.Diagnostic
	var json string
	switch {
	case c.has("yaml"):
		m, json, ds = asl.ParseYAML(c.definition, o)
	case c.has("jsonata"):
		m, ds = asl.ParseState(c.definition, "S", asl.JSONata, o)
	case c.has("state"):
		m, ds = asl.ParseState(c.definition, "S", asl.JSONPath, o)
	default:
		m, ds = asl.Parse(c.definition, o)
	}
	var out strings.Builder
	for _, d := range ds {
		fmt.Fprintf(&out, "%d:%d %s %s\n", d.Line, d.Column, d.Severity, d)
	}
	if m != nil {
		out.WriteString("ok\n")
	}
	if c.has("json") {
		out.WriteString(json)
	}
	if m != nil && c.has("compiled") {
		printer{&out}.fields(reflect.ValueOf(m).Elem(), "")
	}
	return strings.TrimSpace(out.String())
}

// printer prints a compiled machine: every field that is not zero on a line of its own, indented by depth.
type printer struct{ out *strings.Builder }

func (p printer) fields(v reflect.Value, indent string) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			p.fields(v.Field(i), indent)
		} else if f.IsExported() && !v.Field(i).IsZero() {
			p.member(f.Name, v.Field(i), indent)
		}
	}
}

func (p printer) member(name string, v reflect.Value, indent string) {
	if text, ok := scalarText(v.Interface()); ok {
		fmt.Fprintf(p.out, "%s%s: %s\n", indent, name, text)
		return
	}
	fmt.Fprintf(p.out, "%s%s:\n", indent, name)
	indent += "  "
	switch v.Kind() {
	case reflect.Pointer:
		p.fields(v.Elem(), indent)
	case reflect.Slice:
		for i := range v.Len() {
			p.member(fmt.Sprintf("[%d]", i), v.Index(i), indent)
		}
	default:
		p.fields(v, indent)
	}
}

func scalarText(x any) (string, bool) {
	switch x := x.(type) {
	case asl.Type, asl.Operator:
		return fmt.Sprint(x), true
	case *asl.Template:
		return templateText(x), true
	case value.Value:
		return x.Text(), true
	case *jsonpath.Path:
		return "path " + x.String(), true
	case *jsonpath.Expr:
		return "expr " + x.String(), true
	case []string:
		return fmt.Sprintf("%q", x), true
	case *jsonata.Expr:
		return "query " + x.String(), true
	}
	switch reflect.ValueOf(x).Kind() {
	case reflect.Struct, reflect.Pointer, reflect.Slice, reflect.Interface:
		return "", false
	}
	return fmt.Sprint(x), true
}

// templateText prints a template like JSON, with what is computed between < and >.
func templateText(t *asl.Template) string {
	var parts []string
	switch {
	case t.Expr != nil && t.Expr.Query != nil:
		return "<query " + t.Expr.Query.String() + ">"
	case t.Expr != nil:
		return "<" + t.Expr.Path.String() + ">"
	case t.Members != nil:
		for _, m := range t.Members {
			name := m.Key
			if m.Source != m.Key {
				name = m.Source + " as " + m.Key
			}
			parts = append(parts, name+": "+templateText(m.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case t.Elems != nil:
		for _, e := range t.Elems {
			parts = append(parts, templateText(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return t.Const.Text()
}

package partiql

import (
	"strings"
	"testing"

	"github.com/statelark/statelark/local/dynamodb/attribute"
)

func TestStatements(t *testing.T) {
	parameters := []attribute.Value{attribute.OfString("p")}
	tests := []struct {
		source string
		kind   Kind
		table  string
		index  string
	}{
		{`SELECT * FROM t`, Select, "t", ""},
		{`select a, b.c[0]['d'] from "my-table"."by""x" where a = ? ORDER BY b DESC;`, Select, "my-table", `by"x`},
		{`SELECT a FROM t WHERE a IS NOT MISSING AND (b IS NULL OR NOT c IN [1, -2.5e1, 'it''s']) AND d BETWEEN 'a' AND ? AND size(e) <> 0`, Select, "t", ""},
		{`SELECT * FROM t WHERE begins_with("a", ?) AND b NOT IN (1)`, Select, "t", ""},
		{`INSERT INTO t VALUE {'a': ?, 'l': [1, {'x': null}, true], 's': <<1, 2>>, 'e': {}}`, Insert, "t", ""},
		{`UPDATE t SET a = b + 1, c.d = list_append(c.d, [?]) REMOVE e SET f = set_add(f, <<'x'>>) WHERE k = 1 RETURNING ALL NEW *`, Update, "t", ""},
		{`DELETE FROM t WHERE k = ? RETURNING ALL OLD *`, Delete, "t", ""},
		{`EXISTS(SELECT * FROM t WHERE k = ?)`, Exists, "t", ""},
	}
	for _, test := range tests {
		s, err := Parse(test.source, parameters[:strings.Count(test.source, "?")])
		if err != nil {
			t.Errorf("%s: %v", test.source, err)
			continue
		}
		if s.Kind != test.kind || s.Table != test.table || s.Index != test.index {
			t.Errorf("%s: %+v", test.source, s)
		}
	}
}

func TestInsertedItem(t *testing.T) {
	s, err := Parse(`INSERT INTO t VALUE {'b': ?, 'a': <<'x', 'y'>>, 'n': -1.50}`, []attribute.Value{attribute.OfBool(true)})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(s.Item.Append(nil)), `{"a":{"SS":["x","y"]},"b":{"BOOL":true},"n":{"N":"-1.5"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStatementsThatAreRefused(t *testing.T) {
	tests := []struct{ source, want string }{
		{"", malformed + "Expected data manipulation"},
		{"DROP TABLE t", malformed + "Expected data manipulation"},
		{"SELECT * FROM", malformed + "Unexpected token '<EOF>'"},
		{"SELECT * FROM t WHERE", malformed + "Unexpected token '<EOF>'"},
		{"SELECT * FROM t x", malformed + "Unexpected token 'x'"},
		{"SELECT * FROM \"t", malformed + "Expected closing quote"},
		{"SELECT * FROM t WHERE a", malformed + "Unexpected token '<EOF>'"},
		{"SELECT * FROM \"\"", "Path component cannot be an empty string"},
		{"SELECT * FROM a.b.c", "A path may contain at most 2 components in the FROM clause"},
		{"SELECT * FROM t WHERE a = ?", "Number of parameters in request and statement don't match."},
		{"SELECT * FROM t WHERE a < TRUE", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
		{"SELECT * FROM t WHERE foo(a)", malformed + "Unexpected token '<EOF>'"},
		{"DELETE FROM t WHERE a = 1 RETURNING MODIFIED OLD *", "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements."},
		{"UPDATE t WHERE a = 1", malformed + "Unexpected token 'WHERE'"},
		{"UPDATE t SET a = 1 SET a = 2 WHERE b = 1", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
		{"INSERT INTO t VALUE {'a': <<1, 1>>}", "Input collection contains duplicates"},
		{"INSERT INTO t VALUE " + strings.Repeat("[", 200), malformed + "The statement is nested too deep"},
		{"INSERT INTO t VALUE {'a': 1e999}", "Number overflow. Attempting to store a number with magnitude larger than supported range"},
	}
	for _, test := range tests {
		if _, err := Parse(test.source, nil); err == nil || err.Error() != test.want {
			t.Errorf("%.60s:\n got %v\nwant %s", test.source, err, test.want)
		}
	}
	if _, err := Parse("SELECT * FROM t", []attribute.Value{attribute.OfBool(true)}); err == nil {
		t.Error("a parameter that nothing takes is no error")
	}
}

// FuzzParse reads anything as a statement, and evaluates what can be read.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`SELECT a.b[1] FROM "t"."i" WHERE a = ? AND NOT (b IN [1,2] OR c IS MISSING) ORDER BY a DESC`,
		`UPDATE t SET a = b - 1 REMOVE c[0] WHERE k = <<1>> RETURNING MODIFIED NEW *`, `INSERT INTO t VALUE {'a': [{'b': null}], "c": -1e5}`, `EXISTS(SELECT * FROM t WHERE a between 1 and ?)`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		s, err := Parse(source, []attribute.Value{attribute.OfString("x")})
		if err != nil {
			return
		}
		it := attribute.Item{{Name: "a", Value: attribute.OfNumber("1")}}
		s.Where.Holds(it)
		if s.Changes != nil {
			_, _ = s.Changes.Of(it)
		}
	})
}

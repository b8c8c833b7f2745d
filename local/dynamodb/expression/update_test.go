package expression

import (
	"strings"
	"testing"
)

func TestUpdates(t *testing.T) {
	const before = `{'a':{'N':'1'},'l':{'L':[{'S':'0'},{'S':'1'},{'S':'2'}]},'m':{'M':{'k':{'N':'1'}}},'ss':{'SS':['a','b']}}`
	tests := []struct{ source, want string }{
		{"SET a = a + :n5, c = :s", `{'a':{'N':'6'},'c':{'S':'a'},'l':L,'m':M,'ss':SS}`},
		{"SET a = :n - a", `{'a':{'N':'0'},'l':L,'m':M,'ss':SS}`},
		{"SET c = a, a = :n5", `{'a':{'N':'5'},'c':{'N':'1'},'l':L,'m':M,'ss':SS}`}, // operands are those before
		{"SET c = if_not_exists(c, :n) + :n", `{'a':{'N':'1'},'c':{'N':'2'},'l':L,'m':M,'ss':SS}`},
		{"SET c = if_not_exists(a, :s)", `{'a':{'N':'1'},'c':{'N':'1'},'l':L,'m':M,'ss':SS}`},
		{"SET c = (a + :n)", `{'a':{'N':'1'},'c':{'N':'2'},'l':L,'m':M,'ss':SS}`},
		{"SET l = list_append(l, if_not_exists(x, :l)), m.k = :s, m.j = :s", `{'a':{'N':'1'},'l':L,'m':{'M':{'j':{'S':'a'},'k':{'S':'a'}}},'ss':SS}`},
		{"SET l[1] = :s", `{'a':{'N':'1'},'l':{'L':[{'S':'0'},{'S':'a'},{'S':'2'}]},'m':M,'ss':SS}`},
		{"SET l[9] = :s2, l[7] = :s", `{'a':{'N':'1'},'l':{'L':[{'S':'0'},{'S':'1'},{'S':'2'},{'S':'a'},{'S':'b'}]},'m':M,'ss':SS}`},
		{"REMOVE l[0], l[2], x, m.gone SET l[1] = :s", `{'a':{'N':'1'},'l':{'L':[{'S':'a'}]},'m':M,'ss':SS}`},
		{"REMOVE a, m.k, l[5]", `{'l':L,'m':{'M':{}},'ss':SS}`},
		{"ADD a :n5, c :n, ss :ss, m.k :n", `{'a':{'N':'6'},'c':{'N':'1'},'l':L,'m':{'M':{'k':{'N':'2'}}},'ss':SS}`},
		{"DELETE ss :ss", `{'a':{'N':'1'},'l':L,'m':M,'ss':{'SS':['b']}}`},
		{"DELETE ss :all, gone :ss", `{'a':{'N':'1'},'l':L,'m':M}`},
	}
	short := strings.NewReplacer("L:", "L:", ":L,", `:{'L':[{'S':'0'},{'S':'1'},{'S':'2'}]},`, ":M,", `:{'M':{'k':{'N':'1'}}},`, ":M}", `:{'M':{'k':{'N':'1'}}}}`, ":SS}", `:{'SS':['a','b']}}`)
	for _, test := range tests {
		ph := samples(t)
		ph.Values[":all"] = item(t, `{'v':{'SS':['b','a']}}`)[0].Value
		c, err := ParseUpdate(test.source, ph)
		if err != nil {
			t.Errorf("%s: %v", test.source, err)
			continue
		}
		old := item(t, before)
		after, err := c.Of(old)
		if err != nil {
			t.Errorf("%s: %v", test.source, err)
			continue
		}
		if got, want := string(after.Append(nil)), strings.ReplaceAll(short.Replace(test.want), "'", `"`); got != want {
			t.Errorf("%s:\n got %s\nwant %s", test.source, got, want)
		}
		if got := string(old.Append(nil)); got != strings.ReplaceAll(before, "'", `"`) {
			t.Errorf("%s changed what it was given: %s", test.source, got)
		}
	}
}

func TestUpdatesThatDoNotFit(t *testing.T) {
	tests := []struct{ source, want string }{
		{"SET x = gone", string(errNoAttribute)},
		{"SET x = gone + :n", string(errNoAttribute)},
		{"SET x = s + :n", string(errWrongKind)},
		{"SET x = list_append(s, :l)", string(errWrongKind)},
		{"SET gone.x = :s", string(errPath)},
		{"SET s.x = :s", string(errPath)},
		{"SET m[0] = :s", string(errPath)},
		{"REMOVE gone.x", string(errPath)},
		{"ADD s :n", string(errWrongKind)},
		{"DELETE n :ss", string(errWrongKind)},
		{"ADD ss :ns", string(errWrongKind)},
	}
	for _, test := range tests {
		c, err := ParseUpdate(test.source, samples(t))
		if err != nil {
			t.Errorf("%s: %v", test.source, err)
			continue
		}
		if _, err := c.Of(item(t, sampleItem)); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.source, err, test.want)
		}
	}
}

func TestUpdatesThatAreRefused(t *testing.T) {
	syntax := []string{
		"whatever", "set a", "add a", "delete a", "set a=set", "remove a = b", "add a = b", "delete a b", "add a if_not_exist(b)", "remove a b", "set a b",
		"set :a = b", "remove :a", "set a = b / c", "set a[1] = \"eight\"", "set a[1] = 1", "SET if_not_exist(a, b) = a", "set (a = (b + c))",
		"set a = (b.c).d + e", "set a = (b.c)[0] + e", "set a = b + c + d", "SET a = if_not_exists()",
	}
	for _, source := range syntax {
		if _, err := ParseUpdate(source, samples(t)); err == nil || !strings.HasPrefix(err.Error(), "Invalid UpdateExpression: Syntax error; ") {
			t.Errorf("%s: %v", source, err)
		}
	}
	tests := []struct{ source, want string }{
		{"", "The expression can not be empty;"},
		{"INVALID SYNTAX HERE", `Syntax error; token: "INVALID", near: "INVALID SYNTAX"`},
		{"ADD hits : incr", `Syntax error; token: ":", near: "hits : incr"`},
		{"SET a = :n,", `Syntax error; token: "<EOF>", near: ","`},
		{" set #c = :c set abOrt = true ", "Attribute name is a reserved keyword; reserved keyword: abOrt"},
		{"set #c = if_not_exist(:c) set c = d", "Invalid function name; function: if_not_exist"},
		{"set a = #zz set c = :d", `The "SET" section can only be used once in an update expression;`},
		{"add #zz :e set a = b add e :f", `The "ADD" section can only be used once in an update expression;`},
		{"SET #zz = :c", "An expression attribute name used in the document path is not defined; attribute name: #zz"},
		{"SET #a = :c", "An expression attribute value used in expression is not defined; attribute value: :c"},
		{"set d[1] = a, d.b = a, c[1].a = a, #c = if_not_exists(a)", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [c, [1], a], path two: [c]"},
		{"set #c[3].#d = a, #c[3] = a", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [c, [3], [3]], path two: [c, [3]]"},
		{"remove a, #c, a, #d", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
		{"remove a.#c set a[1] = #d", "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, c], path two: [a, [1]]"},
		{"set b = list_append(:s, a), c = if_not_exists(a) add a.b :s", "Incorrect operand type for operator or function; operator: ADD, operand type: STRING"},
		{"delete a.b :n", "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER"},
		{"add a :m", "Incorrect operand type for operator or function; operator: ADD, operand type: MAP"},
		{"set a = if_not_exists(c)", "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1"},
		{"set a = if_not_exists(:s, c)", "Operator or function requires a document path; operator or function: if_not_exists"},
		{"set a = list_append(a, :n)", "Incorrect operand type for operator or function; operator or function: list_append, operand type: N"},
		{"set a = a - :ss", "Incorrect operand type for operator or function; operator or function: -, operand type: SS"},
		{"set a = size(b)", "The function is not allowed in an update expression; function: size"},
	}
	for _, test := range tests {
		_, err := ParseUpdate(test.source, samples(t))
		if want := "Invalid UpdateExpression: " + test.want; err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", test.source, err, want)
		}
	}
}

func TestProjections(t *testing.T) {
	it := item(t, `{'a':{'S':'x'},'l':{'L':[{'S':'0'},{'M':{'p':{'N':'1'},'q':{'N':'2'}}},{'S':'2'}]},'m':{'M':{'j':{'N':'1'},'k':{'N':'2'}}}}`)
	tests := []struct{ source, want string }{
		{"a, gone", `{'a':{'S':'x'}}`},
		{"m.k, m.gone", `{'m':{'M':{'k':{'N':'2'}}}}`},
		{"l[2], l[0]", `{'l':{'L':[{'S':'0'},{'S':'2'}]}}`},
		{"l[1].q, l[1].p, l[7]", `{'l':{'L':[{'M':{'p':{'N':'1'},'q':{'N':'2'}}}]}}`},
		{"gone.x, a.b", `{}`},
		{"a, a", "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
		{"a,", `Invalid ProjectionExpression: Syntax error; token: '<EOF>', near: ','`},
		{"status", "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: status"},
		{"", "Invalid ProjectionExpression: The expression can not be empty;"},
	}
	for _, test := range tests {
		paths, err := ParseProjection(test.source, samples(t))
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = string(paths.Of(it).Append(nil))
		}
		if got = strings.ReplaceAll(got, `"`, "'"); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.source, got, test.want)
		}
	}
}

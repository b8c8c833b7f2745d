package statelark_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// The house rules, as ARCHITECTURE.md words them: each package knows only those below it, only cmd knows
// everyone, and the pure packages have no clock, no goroutine, no I/O and no chance of their own. The
// checker reads the import declarations and the syntax of every file that is built into the product; tests
// may import what they like.

const module = "github.com/statelark/statelark"

// house says for every folder with product code which other folders it imports: no others, and all of these, so
// that the table is the graph of the packages. "." is the root; "*" is everything. ARCHITECTURE.md draws the same.
var house = map[string][]string{
	"console/auth":  {".", "console"},
	"samples/stack": {"arn", "awswire", "deploy", "samples", "value"},
	"search/query":  {".", "arn"},
	"search":        {".", "engine", "history", "row", "search/query"},
	"console/types": {"awswire/model"},
	"console":       {".", "arn", "asl", "awswire", "awswire/model", "deploy", "engine", "graph", "history", "jsonata", "jsonpath", "limits", "samples", "samples/stack", "search", "search/query", "task/aws", "value"},
	// Pure.
	"arn":      {},
	"limits":   {},
	"row":      {},
	"value":    {},
	"jsonpath": {"value"},
	"jsonata":  {"value"},
	"history":  {"row", "value"},
	"asl":      {"arn", "jsonata", "jsonpath", "limits", "value"},
	"graph":    {"value"},
	"interp":   {"arn", "asl", "history", "jsonata", "jsonpath", "limits", "row", "value"},

	// The nouns, and what talks to the outside.
	".":            {"arn"},
	"memstore":     {"."},
	"pebblestore":  {".", "row"},
	"storetest":    {".", "memstore"},
	"awswire":      {"arn", "value"},
	"local":        {"awswire", "local/kv", "value"},
	"local/create": {"arn", "awswire", "value"},
	"local/kv":     {},
	"local/record": {"arn", "local/kv"},

	"local/dynamodb":            {"arn", "awswire", "local", "local/dynamodb/attribute", "local/dynamodb/expression", "local/dynamodb/partiql", "local/kv", "value"},
	"local/dynamodb/partiql":    {"local/dynamodb/attribute", "local/dynamodb/expression"},
	"local/dynamodb/expression": {"local/dynamodb/attribute"},
	"local/dynamodb/attribute":  {"value"},
	"local/events":              {"arn", "asl", "awswire", "local", "local/events/pattern", "local/events/schedule", "local/kv", "local/record", "task", "task/http", "value"},
	"local/events/pattern":      {"value"},
	"local/events/schedule":     {},
	"local/logs":                {"arn", "awswire", "local", "local/kv", "local/record", "value"},
	"local/secrets":             {"arn", "awswire", "local", "local/kv", "local/record", "value"},
	"local/ssm":                 {"arn", "awswire", "local", "local/kv", "local/record", "value"},
	"local/sts":                 {"arn", "awswire", "local", "local/kv", "local/record", "value"},
	"local/sns":                 {"arn", "awswire", "local", "local/kv", "value"},
	"local/sqs":                 {"arn", "awswire", "local", "local/kv", "row"},
	"local/s3":                  {"arn", "awswire", "awswire/model", "local", "local/kv", "s3", "s3/directory", "value"},
	"awswire/model":             {},
	"shortcut":                  {"arn", "awswire"},
	"s3":                        {},
	"s3/directory":              {"s3"},
	"s3/storetest":              {"s3"},
	"remote/aws":                {"arn", "awswire", "awswire/codec", "awswire/model", "value"},
	"remote/s3":                 {"arn", "awswire", "s3", "value"},
	"items":                     {"limits", "s3", "value"},
	"task":                      {"arn", "asl", "value"},
	"task/aws":                  {".", "arn", "asl", "awswire", "awswire/codec", "awswire/model", "task", "task/http", "value"},
	"engine":                    {".", "arn", "asl", "history", "interp", "items", "limits", "row", "s3", "task", "value"},
	"api":                       {".", "arn", "asl", "awswire", "history", "limits", "task", "task/aws", "value"},
	"client":                    {".", "arn", "awswire", "awswire/codec", "awswire/model", "value"},
	"task/mock":                 {"asl", "task", "value"},
	"task/http":                 {"task", "value"},
	"telemetry":                 {".", "arn", "awswire", "engine", "history", "value"},
	"awswire/codec":             {"awswire", "awswire/model", "value"},
	"local/gateway":             {"arn", "awswire", "awswire/codec", "awswire/model", "value"},

	"telemetry/metrics": {".", "engine", "history", "limits", "telemetry"},
	"telemetry/trace":   {".", "engine", "history", "telemetry"},
	"local/lambda":      {"arn", "awswire", "local", "local/kv", "local/lambda/function", "local/record", "task", "task/aws", "value"},

	"local/lambda/function": {"arn", "local/process", "value"},
	"local/process":         {},
	"local/jobs":            {"arn", "awswire", "local", "local/process", "value"},
	"local/batch":           {"arn", "awswire", "local", "local/jobs", "local/kv", "local/record"},
	"local/ecs":             {"arn", "awswire", "local", "local/jobs", "local/kv", "local/record"},
	"local/glue":            {"arn", "awswire", "local", "local/jobs", "local/kv", "local/record"},
	"samples":               {},
	"deploy":                {"arn", "asl", "awswire", "awswire/model", "jsonata", "value"},

	// Those who put the parts together.
	"node":          {".", "api", "arn", "awswire", "console", "console/auth", "engine", "limits", "local", "local/batch", "local/create", "local/dynamodb", "local/ecs", "local/events", "local/gateway", "local/glue", "local/jobs", "local/kv", "local/lambda", "local/lambda/function", "local/logs", "local/s3", "local/secrets", "local/sns", "local/sqs", "local/ssm", "local/sts", "memstore", "pebblestore", "remote/aws", "remote/s3", "s3", "s3/directory", "search", "shortcut", "task", "task/aws", "task/http", "task/mock", "telemetry", "telemetry/metrics", "telemetry/trace", "value"},
	"cmd/statelark": {"*"},
	"bench":         {"*"},
}

// pure are the packages that decide and do nothing.
var pure = []string{"arn", "limits", "row", "value", "jsonpath", "jsonata", "asl", "history", "interp", "graph"}

// unsafeFiles are the files of pure packages that may import unsafe. In jsonata's val a string is a pointer and a
// length: its values take four words instead of six, stay in registers, and evaluation is 2 to 3 times as fast.
var unsafeFiles = []string{"jsonata/val.go"}

// testFolders hold tests and what they need; no rule applies to them.
var testFolders = []string{"servertest", "sim", "crash", "attack", "conformance", "clients", "docs", "web"}

func TestHouse(t *testing.T) {
	for _, breach := range inspectHouse(os.DirFS("."), house, pure) {
		t.Error(breach)
	}
}

// inspectHouse returns every breach of the rules in the tree, most as "file:line: what".
func inspectHouse(tree fs.FS, rules map[string][]string, pure []string) []string {
	in := inspector{tree: tree, rules: rules, pure: pure, fset: token.NewFileSet(), imported: map[string][]string{}}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (skipFolder(name) || name != "." && isModule(tree, name)):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		return in.file(name)
	})
	if err != nil {
		in.breaches = append(in.breaches, err.Error())
	}
	in.unused()
	return in.breaches
}

// isModule reports whether a folder is a module of its own.
func isModule(tree fs.FS, name string) bool {
	_, err := fs.Stat(tree, name+"/go.mod")
	return err == nil
}

func skipFolder(name string) bool {
	base := path.Base(name)
	hidden := base != "." && strings.HasPrefix(base, ".")
	return hidden || base == "testdata" || base == "node_modules" || slices.Contains(testFolders, name)
}

type inspector struct {
	tree     fs.FS
	rules    map[string][]string
	pure     []string
	fset     *token.FileSet
	imported map[string][]string // by each folder with product code
	breaches []string
}

func (in *inspector) breach(at token.Pos, format string, args ...any) {
	in.breaches = append(in.breaches, fmt.Sprintf("%v: ", in.fset.Position(at))+fmt.Sprintf(format, args...))
}

func (in *inspector) file(name string) error {
	text, err := fs.ReadFile(in.tree, name)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(in.fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir := path.Dir(name)
	in.imports(dir, file)
	if slices.Contains(in.pure, dir) {
		in.purity(file)
	}
	return nil
}

// imports checks what one file of dir imports from the module.
func (in *inspector) imports(dir string, file *ast.File) {
	allowed, known := in.rules[dir]
	if !known {
		in.breach(file.Package, "no rule says what %s may import; give it a line in house_test.go", dir)
		return
	}
	in.imported[dir] = append(in.imported[dir], "*")
	for _, spec := range file.Imports {
		target, ours := folderOf(importPath(spec))
		if !ours {
			continue
		}
		in.imported[dir] = append(in.imported[dir], target)
		if !slices.Contains(allowed, "*") && !slices.Contains(allowed, target) {
			in.breach(spec.Pos(), "%s must not import %s", dir, target)
		}
	}
}

// unused finds what the rules permit and nobody does: the graph would show what is not there.
func (in *inspector) unused() {
	for _, dir := range slices.Sorted(maps.Keys(in.rules)) {
		imported, ok := in.imported[dir]
		if !ok {
			in.breaches = append(in.breaches, "there is no package "+dir+"; take its line out of house_test.go")
			continue
		}
		for _, target := range in.rules[dir] {
			if !slices.Contains(imported, target) {
				in.breaches = append(in.breaches, dir+" does not import "+target+"; take that out of house_test.go")
			}
		}
	}
	for _, dir := range in.pure {
		if _, ok := in.imported[dir]; !ok {
			in.breaches = append(in.breaches, "there is no pure package "+dir)
		}
	}
}

// folderOf returns the folder of a package of this module.
func folderOf(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		panic(err) // the parser has read it
	}
	return p
}

// impureImports are packages that a pure one has no use for: the outside world, and chance. A folder stands
// for all under it.
var impureImports = []string{
	"os", "net", "syscall", "io/ioutil", "context", "log", "math/rand", "crypto/rand", "embed",
	"testing", "unsafe", "plugin", "runtime/debug",
	"github.com/google/uuid", "golang.org/x/sync", "golang.org/x/sys",
}

// clockNames are the names of package time that read the clock or wait for it.
var clockNames = []string{
	"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Local",
}

// purity checks the text of one file of a pure package.
func (in *inspector) purity(file *ast.File) {
	clock := "time"
	for _, spec := range file.Imports {
		p := importPath(spec)
		if slices.ContainsFunc(impureImports, func(bad string) bool {
			return p == bad || strings.HasPrefix(p, bad+"/")
		}) && !(p == "unsafe" && slices.Contains(unsafeFiles, in.fset.Position(file.Package).Filename)) {
			in.breach(spec.Pos(), "a pure package imports %s", p)
		}
		if spec.Name == nil {
			continue
		}
		if spec.Name.Name == "." {
			in.breach(spec.Pos(), "a dot import hides where names come from")
		}
		if p == "time" {
			clock = spec.Name.Name
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.GoStmt:
			in.breach(n.Pos(), "a pure package starts a goroutine")
		case *ast.ChanType:
			in.breach(n.Pos(), "a pure package has a channel")
		case *ast.SelectStmt:
			in.breach(n.Pos(), "a pure package selects")
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == clock && slices.Contains(clockNames, n.Sel.Name) {
				in.breach(n.Pos(), "a pure package uses time.%s", n.Sel.Name)
			}
		}
		return true
	})
}

// TestHouseNotices runs the checker on small trees that break one rule each, for a checker that cannot
// fail checks nothing.
func TestHouseNotices(t *testing.T) {
	const head = "package x\n"
	free := map[string][]string{
		"value": {}, "asl": {"value"}, "interp": {}, "jsonata": {}, "task/aws": {}, "api": {}, "engine": {}, "cmd/statelark": {"*"},
	}
	tests := map[string]struct {
		file, text string
		want       string // of the breach; "" for none
	}{
		"allowed import":    {"asl/b.go", head + `import _ "` + module + `/value"`, ""},
		"upward import":     {"value/a.go", head + `import _ "` + module + `/asl"`, "value must not import asl"},
		"import of root":    {"interp/a.go", head + `import _ "` + module + `"`, "interp must not import ."},
		"folder in another": {"task/aws/a.go", head + `import _ "` + module + `/engine"`, "task/aws must not import engine"},
		"cmd knows all":     {"cmd/statelark/a.go", head + `import _ "` + module + `/engine"`, ""},
		"new package":       {"helpers/a.go", head, "no rule says what helpers may import"},
		"test is free":      {"value/a_test.go", head + `import _ "` + module + `/engine"`, ""},
		"test folder":       {"sim/a.go", head + `import _ "` + module + `/engine"`, ""},
		"clock":             {"interp/a.go", head + "import \"time\"\nvar t = time.Now()", "uses time.Now"},
		"renamed clock":     {"interp/a.go", head + "import when \"time\"\nvar t = when.Since", "uses time.Since"},
		"timer":             {"interp/a.go", head + "import \"time\"\nvar t = time.AfterFunc", "uses time.AfterFunc"},
		"duration is fine":  {"interp/a.go", head + "import \"time\"\nvar t = time.Second", ""},
		"clock elsewhere":   {"engine/a.go", head + "import \"time\"\nvar t = time.Now()", ""},
		"goroutine":         {"asl/a.go", head + "func f() { go f() }", "starts a goroutine"},
		"channel":           {"asl/a.go", head + "type c chan int", "has a channel"},
		"select":            {"asl/a.go", head + "func f() { select {} }", "selects"},
		"chance":            {"jsonata/a.go", head + `import _ "math/rand/v2"`, "imports math/rand/v2"},
		"old chance":        {"jsonata/a.go", head + `import _ "math/rand"`, "imports math/rand"},
		"files":             {"asl/a.go", head + `import _ "os"`, "imports os"},
		"network":           {"asl/a.go", head + `import _ "net/http"`, "imports net/http"},
		"network elsewhere": {"api/a.go", head + `import _ "net/http"`, ""},
		"dot import":        {"asl/a.go", head + `import . "time"`, "dot import"},
		"not Go":            {"asl/a.go", "packag x", "expected 'package'"},
		"test data":         {"asl/testdata/a.go", "packag x", ""},
		"unused permission": {"asl/ok.go", head, "asl does not import value"},
		"package gone":      {"api/ok.go", "", "there is no package api"},
		"pure package gone": {"jsonata/ok.go", "", "there is no package jsonata"},
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		test := tests[name]
		t.Run(name, func(t *testing.T) {
			tree := fstest.MapFS{}
			for dir := range free {
				tree[dir+"/ok.go"] = &fstest.MapFile{Data: []byte(head)}
			}
			tree["asl/ok.go"] = &fstest.MapFile{Data: []byte(head + `import _ "` + module + `/value"`)}
			tree[test.file] = &fstest.MapFile{Data: []byte(test.text)}
			if test.text == "" {
				delete(tree, test.file)
			}
			got := inspectHouse(tree, free, []string{"value", "asl", "interp"})
			if strings.HasPrefix(test.file, "jsonata/") {
				got = inspectHouse(tree, free, []string{"value", "jsonata"})
			}
			if test.want == "" && len(got) > 0 {
				t.Fatalf("reported %q, want nothing", got)
			}
			if test.want != "" && (len(got) == 0 || !strings.Contains(got[0], test.want)) {
				t.Fatalf("reported %q, want a breach that says %q", got, test.want)
			}
		})
	}
}

func TestHouseLeavesOtherModulesAlone(t *testing.T) {
	tree := fstest.MapFS{"peer/go.mod": {}, "peer/a.go": {Data: []byte("package peer")}, "peer/below/a.go": {Data: []byte("package below")}}
	if got := inspectHouse(tree, nil, nil); len(got) > 0 {
		t.Errorf("reported %q", got)
	}
	delete(tree, "peer/go.mod")
	if got := inspectHouse(tree, nil, nil); len(got) != 2 {
		t.Errorf("without its go.mod: %q", got)
	}
}

// drawn reads the diagram of the packages in ARCHITECTURE.md: the lines "package → imports", top down, and which of
// them stand below the line of the pure ones.
func drawn(t *testing.T) (order, pure []string, imports map[string][]string) {
	t.Helper()
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, diagram, _ := strings.Cut(string(text), "\n```\ncmd/statelark ")
	diagram, _, _ = strings.Cut("cmd/statelark "+diagram, "\n```")
	imports = map[string][]string{}
	below := false
	for line := range strings.Lines(diagram) {
		below = below || strings.HasPrefix(line, "── pure below")
		dir, list, ok := strings.Cut(line, "→")
		if !ok {
			continue
		}
		dir = folderNamed(strings.TrimSpace(dir))
		var words []string
		for _, word := range strings.Fields(list) {
			if word != "nothing" {
				words = append(words, folderNamed(word))
			}
		}
		order, imports[dir] = append(order, dir), words
		if below {
			pure = append(pure, dir)
		}
	}
	return order, pure, imports
}

// folderNamed returns the folder that a word of the diagram stands for.
func folderNamed(word string) string {
	switch word {
	case "everything":
		return "*"
	case "statelark":
		return "."
	}
	return word
}

// TestTheDiagramIsTheTable holds ARCHITECTURE.md to the table, which TestHouse holds to the code; and each line of the
// diagram imports lines below it alone.
func TestTheDiagramIsTheTable(t *testing.T) {
	order, below, imports := drawn(t)
	for dir, want := range house {
		if got := slices.Sorted(slices.Values(imports[dir])); !slices.Contains(order, dir) || !slices.Equal(got, want) {
			t.Errorf("ARCHITECTURE.md has %q → %q, house_test.go %q", dir, got, want)
		}
	}
	if len(order) != len(house) {
		t.Errorf("ARCHITECTURE.md draws %q", order)
	}
	if !slices.Equal(slices.Sorted(slices.Values(below)), slices.Sorted(slices.Values(pure))) {
		t.Errorf("below the line of the pure packages stand %q, want %q", below, pure)
	}
	for i, dir := range order {
		for _, target := range imports[dir] {
			if target != "*" && slices.Index(order, target) <= i {
				t.Errorf("%s imports %s, which does not stand below it", dir, target)
			}
		}
	}
}

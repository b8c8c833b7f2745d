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

// house says for every folder with product code which other folders it may import. "." is the root, and
// a folder that is not listed takes the line of the nearest one above it that ends in "/…".
var house = map[string][]string{
	// Pure.
	"arn":      {},
	"value":    {},
	"jsonpath": {"value"},
	"jsonata":  {"value"},
	"row":      {},
	"history":  {"row", "value"},
	"asl":      {"arn", "jsonpath", "jsonata", "value"},
	"interp":   {"arn", "asl", "history", "jsonpath", "jsonata", "row", "value"},

	// The nouns, and what talks to the outside.
	".":           {"arn", "value", "history"},
	"memstore":    {".", "history"},
	"pebblestore": {".", "history"},
	"pgstore":     {".", "history"},
	"storetest":   {".", "history", "memstore"},
	"awswire":     {"value"},
	"task":        {"asl", "value"},
	"task/…":      {"task", "arn", "asl", "awswire", "value"},
	"engine":      {".", "arn", "interp", "asl", "task", "history", "jsonpath", "jsonata", "row", "value"},
	"api":         {".", "arn", "engine", "asl", "history", "awswire", "task", "value"},
	"console":     {".", "engine"},
	"local/…":     {"arn", "awswire", "task/function", "value"},

	// Those who put the parts together.
	"cmd/…": {"*"},
	"bench": {"*"},
}

// pure are the packages that decide and do nothing.
var pure = []string{"arn", "row", "value", "jsonpath", "jsonata", "asl", "history", "interp"}

// unsafeFiles are the files of pure packages that may import unsafe. In jsonata's val a string is a pointer and a
// length: its values take four words instead of six, stay in registers, and evaluation is 2 to 3 times as fast.
var unsafeFiles = []string{"jsonata/val.go"}

// testFolders hold tests and what they need; no rule applies to them.
var testFolders = []string{"servertest", "sim", "crash", "conformance", "clients", "samples", "docs", "web"}

func TestHouse(t *testing.T) {
	for _, breach := range inspectHouse(os.DirFS("."), house, pure) {
		t.Error(breach)
	}
}

// TestHouseHasEveryPackage keeps the table honest: a pure package that has moved away would otherwise no
// longer be looked at.
func TestHouseHasEveryPackage(t *testing.T) {
	for _, dir := range pure {
		files, err := fs.Glob(os.DirFS("."), dir+"/*.go")
		if err != nil || len(files) == 0 {
			t.Errorf("the pure package %s has no Go files", dir)
		}
	}
}

// inspectHouse returns every breach of the rules in the tree, each as "file:line: what".
func inspectHouse(tree fs.FS, rules map[string][]string, pure []string) []string {
	in := inspector{tree: tree, rules: rules, pure: pure, fset: token.NewFileSet()}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipFolder(name):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		return in.file(name)
	})
	if err != nil {
		in.breaches = append(in.breaches, err.Error())
	}
	return in.breaches
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
	allowed, known := in.rule(dir)
	if !known {
		in.breach(file.Package, "no rule says what %s may import; give it a line in house_test.go", dir)
		return
	}
	for _, spec := range file.Imports {
		target, ours := folderOf(importPath(spec))
		if !ours || slices.Contains(allowed, "*") || slices.Contains(allowed, target) {
			continue
		}
		if strings.HasPrefix(dir, "cmd/") && strings.HasPrefix(target, "cmd/") {
			continue
		}
		in.breach(spec.Pos(), "%s must not import %s", dir, target)
	}
}

// rule returns the line of dir: its own, or that of the nearest folder above it that speaks for its children.
func (in *inspector) rule(dir string) ([]string, bool) {
	if allowed, ok := in.rules[dir]; ok {
		return allowed, true
	}
	for above := path.Dir(dir); above != "."; above = path.Dir(above) {
		if allowed, ok := in.rules[above+"/…"]; ok {
			return allowed, true
		}
	}
	return nil, false
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
	tests := map[string]struct {
		file, text string
		want       string // of the breach; "" for none
	}{
		"allowed import":    {"asl/a.go", head + `import _ "` + module + `/value"`, ""},
		"upward import":     {"value/a.go", head + `import _ "` + module + `/asl"`, "value must not import asl"},
		"import of root":    {"interp/a.go", head + `import _ "` + module + `"`, "interp must not import ."},
		"sideways import":   {"local/sqs/a.go", head + `import _ "` + module + `/local/sns"`, "local/sqs must not import local/sns"},
		"child's rule":      {"task/aws/a.go", head + `import _ "` + module + `/engine"`, "task/aws must not import engine"},
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
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		test := tests[name]
		t.Run(name, func(t *testing.T) {
			tree := fstest.MapFS{test.file: {Data: []byte(test.text)}}
			got := inspectHouse(tree, house, pure)
			if test.want == "" && len(got) > 0 {
				t.Fatalf("reported %q, want nothing", got)
			}
			if test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)) {
				t.Fatalf("reported %q, want one breach that says %q", got, test.want)
			}
		})
	}
}

package statelark_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// What the documentation names has to be there: files and folders, identifiers, commands and their flags. The documents
// are every .md file and the package comments in doc.go files. What counts as a name:
//
//   - of a .md file: what stands in backquotes and where its links lead; and in code blocks what begins with "./", and
//     command lines of statelark;
//   - of a doc.go: words with the ending of a file, and pkg.Name of a package of ours.
//
// A path may be relative to the root or to the document; a file's name alone stands for one below the document, and
// CAPITALS in it for anything. A word in backquotes in ARCHITECTURE.md or CONTRIBUTING.md has to occur in Go text.

// elsewhere are names of what is not in the repository, and is meant.
var elsewhere = []string{
	"workflow.asl.json", "hello.asl.json", "input.json", "greet.py", "statelark.yaml", "values.yaml", "template.yaml", "MockConfigFile.json", // a user's
	"run_cases.py", // in the folder "shared"
	"Node.js",
}

func TestDocumentsNameWhatIsThere(t *testing.T) {
	for _, problem := range inspectDocuments(os.DirFS(".")) {
		t.Error(problem)
	}
}

// inspectDocuments returns what documents name that is not there.
func inspectDocuments(fsys fs.FS) []string {
	s := &sourceTree{
		fsys: fsys, words: map[string]bool{}, declared: map[string]bool{}, packages: map[string]bool{}, commands: map[string]bool{},
		flags: map[string]bool{"help": true}, // cobra's own
	}
	err := fs.WalkDir(fsys, ".", s.read)
	for _, name := range s.files {
		switch {
		case err != nil:
		case path.Base(name) == "doc.go":
			err = s.goDoc(name)
		case path.Ext(name) == ".md" && name != "CHANGELOG.md": // which tells what was
			err = s.markdown(name)
		}
	}
	if err != nil {
		s.report("%v", err)
	}
	return s.problems
}

// sourceTree is what there is to be named.
type sourceTree struct {
	fsys     fs.FS
	files    []string        // and folders
	words    map[string]bool // of Go files
	declared map[string]bool // "pkg.Name" and "pkg.Type.Member"
	packages map[string]bool // by name
	commands map[string]bool // of the binary
	flags    map[string]bool // and whatever else stands in quotes in its source
	problems []string
}

func (s *sourceTree) report(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

func (s *sourceTree) read(name string, entry fs.DirEntry, err error) error {
	switch base := path.Base(name); {
	case err != nil:
		return err
	case entry.IsDir() && (base == "node_modules" || base == ".git"):
		return fs.SkipDir
	}
	s.files = append(s.files, name)
	if path.Ext(name) == ".go" && !strings.Contains(name, "testdata/") && name != "docs_test.go" { // which names what is not there
		return s.goFile(name)
	}
	return nil
}

var (
	wordPattern   = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)
	usePattern    = regexp.MustCompile(`(?:Use: +|group\()"([a-z-]+)`)
	stringPattern = regexp.MustCompile(`"([a-z][a-z0-9-]*)"`)
)

func (s *sourceTree) goFile(name string) error {
	text, err := fs.ReadFile(s.fsys, name)
	if err != nil {
		return err
	}
	for _, w := range wordPattern.FindAllString(string(text), -1) {
		s.words[w] = true
	}
	if strings.HasPrefix(name, "cmd/statelark/") {
		for _, m := range usePattern.FindAllStringSubmatch(string(text), -1) {
			s.commands[m[1]] = true
		}
		for _, m := range stringPattern.FindAllStringSubmatch(string(text), -1) {
			s.flags[m[1]] = true
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	pkg := file.Name.Name
	s.packages[pkg] = true
	for _, d := range file.Decls {
		for _, n := range declared(d) {
			s.declared[pkg+"."+n] = true
		}
	}
	return nil
}

// declared returns the names that a declaration makes: "Name", "Type.Method", "Type.Field".
func declared(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []string{d.Name.Name}
		}
		on := d.Recv.List[0].Type
		if star, ok := on.(*ast.StarExpr); ok {
			on = star.X
		}
		if id, ok := on.(*ast.Ident); ok {
			return []string{id.Name + "." + d.Name.Name}
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					names = append(names, n.Name)
				}
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
				for _, m := range members(spec.Type) {
					names = append(names, spec.Name.Name+"."+m)
				}
			}
		}
	}
	return names
}

// members returns the fields of a struct and the methods of an interface.
func members(t ast.Expr) (names []string) {
	var list *ast.FieldList
	switch t := t.(type) {
	case *ast.StructType:
		list = t.Fields
	case *ast.InterfaceType:
		list = t.Methods
	default:
		return nil
	}
	for _, f := range list.List {
		for _, n := range f.Names {
			names = append(names, n.Name)
		}
	}
	return names
}

var (
	quotedPattern = regexp.MustCompile("`([^`\n]+)`")
	linkPattern   = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	// pathPattern is what counts as the name of a file or a folder.
	pathPattern    = regexp.MustCompile(`^[\w*-]+(?:[./][\w*-]+)*\.(?:go|md|json|js|py|txt|yaml)$|^(?:\./|\.?[a-z][\w*-]*/)[\w*./-]*$`)
	namePattern    = regexp.MustCompile(`^\*?([a-z]+)\.([A-Z]\w*(?:\.[A-Z]\w*)?)$`)
	plainPattern   = regexp.MustCompile(`^[A-Za-z]\w+$`)
	commandPattern = regexp.MustCompile(`^[a-z][a-z-]*$`)
	flagPattern    = regexp.MustCompile(`--([a-z][a-z0-9-]*)`)
)

func (s *sourceTree) markdown(name string) error {
	data, err := fs.ReadFile(s.fsys, name)
	if err != nil {
		return err
	}
	ours := name == "ARCHITECTURE.md" || name == "CONTRIBUTING.md"
	fenced := false
	for line := range strings.Lines(string(data)) {
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			fenced = !fenced
		case fenced:
			s.commandLine(name, strings.TrimPrefix(strings.TrimSpace(line), "$ "))
		default:
			for _, m := range quotedPattern.FindAllStringSubmatch(line, -1) {
				s.quoted(name, m[1], ours)
			}
			for _, m := range linkPattern.FindAllStringSubmatch(line, -1) {
				if !strings.Contains(m[1], "://") {
					s.path(name, m[1])
				}
			}
		}
	}
	return nil
}

// quoted checks what stands in backquotes.
func (s *sourceTree) quoted(doc, text string, ours bool) {
	switch m := namePattern.FindStringSubmatch(text); {
	case pathPattern.MatchString(text):
		s.path(doc, text)
	case m != nil && s.packages[m[1]]:
		s.identifier(doc, text, m)
	case ours && plainPattern.MatchString(text):
		if !s.words[text] {
			s.report("%s names `%s`, which no Go file has", doc, text)
		}
	default:
		s.commandLine(doc, text)
	}
}

func (s *sourceTree) identifier(doc, text string, m []string) {
	if !s.declared[m[1]+"."+m[2]] {
		s.report("%s names %s, which is not there", doc, text)
	}
}

// commandLine checks a command of the binary with its flags, or the folders of a go command.
func (s *sourceTree) commandLine(doc, line string) {
	words := strings.Fields(strings.TrimPrefix(line, "./"))
	if len(words) < 2 {
		return
	}
	switch words[0] {
	case "go":
		for _, w := range words {
			if strings.HasPrefix(w, "./") && w != "./..." {
				s.path(doc, w)
			}
		}
	case "statelark":
		if usable := commandPattern.MatchString(words[1]); usable && !s.commands[words[1]] {
			s.report("%s names the command statelark %s, which is not there", doc, words[1])
		}
		for _, m := range flagPattern.FindAllStringSubmatch(line, -1) {
			if !s.flags[m[1]] {
				s.report("%s names the flag --%s, which is not there", doc, m[1])
			}
		}
	}
}

var capitals = regexp.MustCompile(`[A-Z]{3,}`)

// path checks that a file or a folder is there.
func (s *sourceTree) path(doc, text string) {
	if slices.Contains(elsewhere, path.Base(text)) {
		return
	}
	pattern := capitals.ReplaceAllString(strings.TrimSuffix(strings.TrimPrefix(text, "./"), "/"), "*")
	below := strings.TrimPrefix(path.Dir(doc)+"/", "./")
	for _, f := range s.files {
		own, inside := strings.CutPrefix(f, below)
		if inside && endsAs(own, pattern) || matches(pattern, f) || matches(text, f) || matches(path.Join(path.Dir(doc), pattern), f) {
			return
		}
	}
	s.report("%s names %s, which is not there", doc, text)
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// endsAs reports whether the last parts of a path, as many as pattern has, match it.
func endsAs(name, pattern string) bool {
	parts := strings.Split(name, "/")
	return matches(pattern, strings.Join(parts[max(0, len(parts)-1-strings.Count(pattern, "/")):], "/"))
}

// filePattern is what counts as the name of a file where nothing marks it.
var filePattern = regexp.MustCompile(`^[\w*./-]+\.(?:go|md|json|js|py|txt|yaml)$`)

var commentWord = regexp.MustCompile(`[\w*./-]+`)

// goDoc checks the comments of a doc.go.
func (s *sourceTree) goDoc(name string) error {
	data, err := fs.ReadFile(s.fsys, name)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		if command, ok := strings.CutPrefix(line, "//\t"); ok {
			s.commandLine(name, command)
		}
		for _, word := range commentWord.FindAllString(line, -1) {
			word = strings.TrimRight(word, ".")
			switch m := namePattern.FindStringSubmatch(word); {
			case m != nil && s.packages[m[1]]:
				s.identifier(name, word, m)
			case filePattern.MatchString(word):
				s.path(name, word)
			}
		}
	}
	return nil
}

func TestDocumentsNotice(t *testing.T) {
	tests := map[string]struct {
		doc, text string
		want      string // "" for nothing
	}{
		"file":              {"README.md", "see `pkg/a.go` and `a.go`", ""},
		"file gone":         {"README.md", "see `pkg/b.go`", "names pkg/b.go"},
		"name gone":         {"README.md", "see `b.go`", "names b.go"},
		"folder gone":       {"README.md", "see `gone/`", "names gone/"},
		"of the document":   {"pkg/README.md", "`a.go` and `testdata`", ""},
		"of another folder": {"other/README.md", "`a.go`", "names a.go"},
		"any":               {"README.md", "`pkg/testdata/case-NAME.txt` and `case-NAME.txt`", ""},
		"link":              {"README.md", "[x](pkg/a.go#L1) [y](https://example.com/b.go)", ""},
		"link gone":         {"README.md", "[x](pkg)[y](b)", "names b"},
		"identifier":        {"README.md", "`pkg.T`, `pkg.T.M`, `pkg.T.F`, `*pkg.T`, `States.ALL`", ""},
		"identifier gone":   {"README.md", "`pkg.U`", "names pkg.U"},
		"member gone":       {"README.md", "`pkg.T.Gone`", "names pkg.T.Gone"},
		"word":              {"ARCHITECTURE.md", "`hidden`", ""},
		"word gone":         {"ARCHITECTURE.md", "`gone`", "names `gone`"},
		"word of a user":    {"README.md", "`gone`", ""},
		"command":           {"README.md", "```\n$ statelark run --all x\n```\n", ""},
		"command gone":      {"README.md", "```\nstatelark walk\n```\n", "statelark walk"},
		"flag gone":         {"README.md", "`statelark run --none`", "--none"},
		"go command":        {"README.md", "`go test ./gone`", "names ./gone"},
		"doc.go":            {"pkg/doc.go", "// Package pkg is in a.go, with pkg.T; or more.\n//\n//\tgo test ./pkg\npackage pkg\n", ""},
		"doc.go, file":      {"pkg/doc.go", "// Package pkg is in b.go.\npackage pkg\n", "names b.go"},
		"doc.go, name":      {"pkg/doc.go", "// Package pkg has pkg.U.\npackage pkg\n", "names pkg.U"},
		"doc.go, command":   {"pkg/doc.go", "//\tgo test ./gone\npackage pkg\n", "names ./gone"},
		"what was":          {"CHANGELOG.md", "`gone/b.go`", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := inspectDocuments(fstest.MapFS{
				"pkg/a.go":                  {Data: []byte("package pkg\ntype T struct{ F int }\nfunc (*T) M() { var hidden int }\n")},
				"pkg/testdata/case-one.txt": {},
				"cmd/statelark/main.go":     {Data: []byte("package main\nvar c = cobra.Command{Use: \"run [file]\"}\nvar f = \"all\"\n")},
				test.doc:                    {Data: []byte(test.text)},
			})
			if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)) {
				t.Errorf("reported %q, want %q", got, test.want)
			}
		})
	}
}

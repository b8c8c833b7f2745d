package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
)

// file is a Go file whose types are written as TypeScript.
type file struct {
	prefix string // before the names of its types, but for the one that is called so
	words  map[string][]string
	out    strings.Builder
}

// structs returns the exported types of a Go file as interfaces of what encoding/json makes of them: structs, and names for
// strings with their constants.
func structs(path, name, prefix string) (string, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		return "", fmt.Errorf("reading the types of %s: %w", name, err)
	}
	f := &file{prefix: prefix, words: map[string][]string{}}
	f.out.WriteString(header(name))
	for spec := range specs[*ast.ValueSpec](tree) {
		if of, ok := spec.Type.(*ast.Ident); ok && len(spec.Values) == 1 {
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				f.words[of.Name] = append(f.words[of.Name], lit.Value)
			}
		}
	}
	for _, decl := range tree.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.TYPE {
			for _, spec := range d.Specs {
				if err := f.declare(spec.(*ast.TypeSpec), d.Doc); err != nil {
					return "", fmt.Errorf("%s: %w", name, err)
				}
			}
		}
	}
	return f.out.String(), nil
}

// specs yields the specifications of a kind in a file.
func specs[S ast.Spec](tree *ast.File) func(func(S) bool) {
	return func(yield func(S) bool) {
		for _, decl := range tree.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range d.Specs {
				if s, ok := spec.(S); ok && !yield(s) {
					return
				}
			}
		}
	}
}

// declare writes one type.
func (f *file) declare(spec *ast.TypeSpec, doc *ast.CommentGroup) error {
	if !spec.Name.IsExported() {
		return nil
	}
	name := f.name(spec.Name.Name)
	f.out.WriteString("\n" + comment(doc, ""))
	switch t := spec.Type.(type) {
	case *ast.Ident: // string
		fmt.Fprintf(&f.out, "export type %s = %s;\n", name, strings.Join(f.words[spec.Name.Name], " | "))
		return nil
	case *ast.StructType:
		return f.structure(name, t)
	}
	return fmt.Errorf("the type %s is neither a struct nor a name for strings", name)
}

func (f *file) structure(name string, t *ast.StructType) error {
	var bases []string
	var body strings.Builder
	for _, field := range t.Fields.List {
		if len(field.Names) == 0 {
			bases = append(bases, f.name(field.Type.(*ast.Ident).Name))
			continue
		}
		text, err := f.member(field)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", name, field.Names[0].Name, err)
		}
		body.WriteString(text)
	}
	extends := ""
	if len(bases) > 0 {
		extends = " extends " + strings.Join(bases, ", ")
	}
	fmt.Fprintf(&f.out, "export interface %s%s {\n%s}\n", name, extends, body.String())
	return nil
}

// member returns a field as a member of an interface. A pointer that is left out when it is nil is a member that may be missing,
// else one that may be null.
func (f *file) member(field *ast.Field) (string, error) {
	if field.Tag == nil {
		return "", fmt.Errorf("it has no name in JSON")
	}
	tag, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		return "", err
	}
	key, options, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
	kind, err := f.kind(field.Type)
	if err != nil {
		return "", err
	}
	mark := ""
	if strings.Contains(options, "omitempty") {
		mark = "?"
	} else if _, pointer := field.Type.(*ast.StarExpr); pointer {
		kind += " | null"
	}
	doc := field.Doc
	if doc == nil {
		doc = field.Comment
	}
	return fmt.Sprintf("%s  %s%s: %s;\n", comment(doc, "  "), key, mark, kind), nil
}

// basics are types of Go that have a name here.
var basics = map[string]string{"string": "string", "bool": "boolean", "int": "number", "int64": "number", "float64": "number"}

func (f *file) kind(t ast.Expr) (string, error) {
	switch t := t.(type) {
	case *ast.Ident:
		if basic, ok := basics[t.Name]; ok {
			return basic, nil
		}
		return f.name(t.Name), nil
	case *ast.StarExpr:
		return f.kind(t.X)
	case *ast.ArrayType:
		elem, err := f.kind(t.Elt)
		return elem + "[]", err
	case *ast.MapType:
		elem, err := f.kind(t.Value)
		return "Record<string, " + elem + ">", err
	case *ast.SelectorExpr:
		switch t.Sel.Name {
		case "Time":
			return "string", nil
		case "RawMessage":
			return "unknown", nil
		}
	}
	return "", fmt.Errorf("there is no word for a %T", t)
}

func (f *file) name(name string) string {
	if name == f.prefix || strings.HasPrefix(name, f.prefix) && f.prefix != "" {
		return name
	}
	return f.prefix + name
}

// comment returns a comment as TypeScript's tools show it.
func comment(c *ast.CommentGroup, indent string) string {
	if c == nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(c.Text()), "\n")
	if len(lines) == 1 {
		return indent + "/** " + lines[0] + " */\n"
	}
	return indent + "/**\n" + indent + " * " + strings.Join(lines, "\n"+indent+" * ") + "\n" + indent + " */\n"
}

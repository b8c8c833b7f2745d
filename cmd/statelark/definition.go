package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/statelark/statelark/asl"
)

// definition is a state machine read from a file.
type definition struct {
	path    string
	json    string // as a server takes it; "" when the file is YAML that cannot be read
	machine *asl.Machine
	// found is everything that is wrong with it; machine is nil when one of them is an error.
	found []asl.Diagnostic
}

// codeNoSubstitute is the code of a ${Name} without a value. It is ours: AWS has nothing to say about files.
const codeNoSubstitute = "NO_SUBSTITUTE"

// readDefinition reads a definition in JSON or YAML. path "-" is standard input.
func readDefinition(path string, stdin io.Reader, values map[string]string, o asl.Options) (*definition, error) {
	text, err := readText(path, stdin)
	if err != nil {
		return nil, usage(fmt.Errorf("reading the definition: %w", err))
	}
	d := &definition{path: path}
	if path == "-" {
		d.path = "stdin"
	}
	substituted, left := asl.Substitute(text, values)
	if isYAML(path, substituted) {
		d.machine, d.json, d.found = asl.ParseYAML(substituted, o)
	} else {
		d.json = substituted
		d.machine, d.found = asl.Parse(substituted, o)
	}
	for _, name := range left {
		d.found = append(d.found, noSubstitute(substituted, name))
	}
	return d, nil
}

// readText reads a file, or standard input when path is "-".
func readText(path string, stdin io.Reader) (string, error) {
	if path == "-" {
		return readAtMost(stdin, maxText)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was only read
	return readAtMost(f, maxText)
}

// maxText is how many bytes of a file or of standard input are read: no server takes larger payloads, and what has no end
// would take all memory of the machine.
const maxText = 1 << 30

func readAtMost(in io.Reader, most int64) (string, error) {
	text, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("there are more than %d bytes", most)
	}
	return string(text), err
}

// isYAML goes by the extension; where that says nothing, JSON is what begins with a brace.
func isYAML(path, text string) bool {
	switch filepath.Ext(path) {
	case ".yaml", ".yml":
		return true
	case ".json":
		return false
	}
	return !strings.HasPrefix(strings.TrimSpace(text), "{")
}

func noSubstitute(text, name string) asl.Diagnostic {
	before := text[:strings.Index(text, "${"+name+"}")]
	return asl.Diagnostic{
		Severity: asl.SeverityWarning,
		Code:     codeNoSubstitute,
		Message:  fmt.Sprintf("${%s} has no value; --subst %s=VALUE gives it one", name, name),
		Line:     strings.Count(before, "\n") + 1,
		Column:   len(before) - strings.LastIndexByte(before, '\n'),
	}
}

// invalid reports whether something stands in the way of running the definition.
func (d *definition) invalid() bool { return d.machine == nil }

// print writes what is wrong with the definition, a line for each finding.
func (d *definition) print(w io.Writer) {
	for _, f := range d.found {
		place := ""
		if f.Location != "" {
			place = " (" + f.Location + ")"
		}
		say(w, "%s: %s %s: %s%s\n", d.position(f), strings.ToLower(string(f.Severity)), f.Code, f.Message, place)
	}
}

// position is the place of a finding as compilers print it: what is not known is left out.
func (d *definition) position(f asl.Diagnostic) string {
	if f.Line == 0 {
		return d.path
	}
	return fmt.Sprintf("%s:%d:%d", d.path, f.Line, f.Column)
}

// addSubstFlags gives a command the flags that say what ${Name} in a definition stands for.
func addSubstFlags(c *cobra.Command) {
	c.Flags().StringArray("subst", nil, "what ${NAME} in the definition stands for, as `NAME=VALUE`; may be repeated")
	c.Flags().StringArray("subst-file", nil, "`FILE` with such values, a JSON or YAML object; may be repeated")
}

// substitutions returns the values of the flags; those of --subst go before those of files, later ones before
// earlier ones.
func substitutions(c *cobra.Command) (map[string]string, error) {
	values := make(map[string]string)
	files, _ := c.Flags().GetStringArray("subst-file")
	for _, path := range files {
		more, err := readSubstitutions(path)
		if err != nil {
			return nil, usage(fmt.Errorf("--subst-file %s: %w", path, err))
		}
		maps.Copy(values, more)
	}
	given, _ := c.Flags().GetStringArray("subst")
	for _, text := range given {
		name, v, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, usage(fmt.Errorf("--subst %s: it has to be NAME=VALUE", text))
		}
		values[name] = v
	}
	return values, nil
}

// readSubstitutions reads a flat object of scalars. JSON is YAML, too.
func readSubstitutions(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var nodes map[string]yaml.Node
	if err := yaml.Unmarshal(text, &nodes); err != nil {
		return nil, err
	}
	values := make(map[string]string, len(nodes))
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		n := nodes[name]
		if n.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: the value of %s has to be a string, a number or a boolean", n.Line, name)
		}
		values[name] = n.Value
	}
	return values, nil
}

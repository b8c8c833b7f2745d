package asl

import "strings"

// Substitute replaces ${Name} in a definition by values, as the DefinitionSubstitutions of CloudFormation and
// SAM do: text for text, before anything is parsed, and once. It returns the result and the names that are left, in order of
// first appearance. A ${…} that holds anything but a name, such as JSONata's grouping, is no substitution.
func Substitute(text string, values map[string]string) (string, []string) {
	var out strings.Builder
	var left []string
	seen := map[string]bool{}
	for {
		at := strings.Index(text, "${")
		if at < 0 {
			out.WriteString(text)
			return out.String(), left
		}
		out.WriteString(text[:at])
		text = text[at:]
		name := substitutionName(text[len("${"):])
		v, ok := values[name]
		switch {
		case name == "":
			out.WriteString("${")
			text = text[len("${"):]
			continue
		case ok:
			out.WriteString(v)
		default:
			out.WriteString("${" + name + "}")
			if !seen[name] {
				seen[name] = true
				left = append(left, name)
			}
		}
		text = text[len("${}")+len(name):]
	}
}

// substitutionName returns the name that text starts with when a brace ends it, else "".
func substitutionName(text string) string {
	end := strings.IndexByte(text, '}')
	if end < 0 || !isWord(text[:end], "_-.:") {
		return ""
	}
	return text[:end]
}

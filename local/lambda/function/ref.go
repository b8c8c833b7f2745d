package function

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/statelark/statelark/arn"
)

// Ref names a function, or one version of it, as callers do.
type Ref struct {
	Place     arn.Place // "" in it is what the caller did not say
	Name      string
	Qualifier string // version or alias; "" when the caller did not say
}

// NamePattern and QualifierPattern are the patterns of FunctionName and Qualifier, as the API spells them.
const (
	NamePattern = `(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?` +
		`(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`
	QualifierPattern = `\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+`
)

// refPattern is NamePattern with the parts that a Ref has. Only AWS's pattern for it is looser: an ARN may leave parts out.
var refPattern = regexp.MustCompile(`^(arn:aws[a-zA-Z-]*:lambda:)?((?:[a-z]{2,4}-)?[a-z]{2}(?:-[a-z]+)+-\d:)?(\d{12}:)?(function:)?` +
	`([a-zA-Z0-9-_\.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?$`)

var validQualifier = regexp.MustCompile(`^(` + QualifierPattern + `)$`)

// ParseRef reads a FunctionName. The qualifier, which callers may also give by itself, must not contradict the
// one in the name.
func ParseRef(name, qualifier string) (Ref, error) {
	m := refPattern.FindStringSubmatch(name)
	if m == nil || m[1] != "" && (m[2] == "" || m[3] == "" || m[4] == "") {
		return Ref{}, Errorf("ValidationException", http.StatusBadRequest,
			"1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint: "+
				"Member must satisfy regular expression pattern: %s", name, NamePattern)
	}
	r := Ref{
		Place:     arn.Place{Region: strings.TrimSuffix(m[2], ":"), Account: strings.TrimSuffix(m[3], ":")},
		Name:      m[5],
		Qualifier: m[7],
	}
	if qualifier == "" {
		return r, nil
	}
	if !validQualifier.MatchString(qualifier) {
		return Ref{}, Errorf("ValidationException", http.StatusBadRequest,
			"1 validation error detected: Value '%s' at 'qualifier' failed to satisfy constraint: "+
				"Member must satisfy regular expression pattern: %s", qualifier, QualifierPattern)
	}
	if r.Qualifier != "" && r.Qualifier != qualifier {
		return Ref{}, Errorf("InvalidParameterValueException", http.StatusBadRequest,
			"The derived qualifier from the function name does not match the specified qualifier.")
	}
	r.Qualifier = qualifier
	return r, nil
}

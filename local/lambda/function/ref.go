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

// refPattern is the pattern of FunctionName in Lambda's API: a name, a name with its account, or an ARN, whole
// or without its first parts; each with a qualifier or without.
var refPattern = regexp.MustCompile(`^(arn:aws[a-zA-Z-]*:lambda:)?([a-z]{2,4}(?:-[a-z]+)+-\d:)?(\d{12}:)?(function:)?` +
	`([a-zA-Z0-9-_]{1,64})(:(\$LATEST|[a-zA-Z0-9-_]{1,128}))?$`)

var validQualifier = regexp.MustCompile(`^(\$LATEST|[a-zA-Z0-9-_]{1,128})$`)

// ParseRef reads a FunctionName. The qualifier, which callers may also give by itself, must not contradict the
// one in the name.
func ParseRef(name, qualifier string) (Ref, error) {
	m := refPattern.FindStringSubmatch(name)
	if m == nil || m[1] != "" && (m[2] == "" || m[3] == "" || m[4] == "") {
		return Ref{}, Errorf("ValidationException", http.StatusBadRequest,
			"1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint: "+
				"Member must satisfy regular expression pattern: %s", name, apiNamePattern)
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
				"Member must satisfy regular expression pattern: (|[a-zA-Z0-9$_-]+)", qualifier)
	}
	if r.Qualifier != "" && r.Qualifier != qualifier {
		return Ref{}, Errorf("InvalidParameterValueException", http.StatusBadRequest,
			"The derived qualifier from the function name does not match the specified qualifier.")
	}
	r.Qualifier = qualifier
	return r, nil
}

// apiNamePattern is how the API itself spells the pattern in its messages.
const apiNamePattern = `(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?` +
	`(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`

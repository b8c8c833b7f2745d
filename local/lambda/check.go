package lambda

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/statelark/statelark/task/function"
)

// violations are the constraints that a request violates. Lambda tells all of them at once.
type violations []string

// add says of a member that its value, nil when it was not given, violates a constraint.
func (v *violations) add(member string, value any, constraint string) {
	text := "null"
	if value != nil {
		text = fmt.Sprintf("'%v'", value)
	}
	*v = append(*v, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: Member must %s", text, member, constraint))
}

// required adds a violation when a member was not given.
func (v *violations) required(member string, given bool) {
	if !given {
		v.add(member, nil, "not be null")
	}
}

func (v *violations) pattern(member string, s *string, p *regexp.Regexp, text string) {
	if s != nil && !p.MatchString(*s) {
		v.add(member, *s, "satisfy regular expression pattern: "+text)
	}
}

func (v *violations) length(member string, s *string, most int) {
	if s != nil && len(*s) > most {
		v.add(member, *s, fmt.Sprintf("have length less than or equal to %d", most))
	}
}

func (v *violations) between(member string, n *int, least, most int) {
	switch {
	case n == nil:
	case *n < least:
		v.add(member, *n, fmt.Sprintf("have value greater than or equal to %d", least))
	case *n > most:
		v.add(member, *n, fmt.Sprintf("have value less than or equal to %d", most))
	}
}

// err returns the answer to the request, nil when it violates nothing.
func (v violations) err() error {
	if len(v) == 0 {
		return nil
	}
	s := ""
	if len(v) > 1 {
		s = "s"
	}
	return function.Errorf("ValidationException", http.StatusBadRequest, "%d validation error%s detected: %s", len(v), s, strings.Join(v, "; "))
}

// The patterns of members, and how the API spells them in its messages.
const (
	roleText    = `arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`
	handlerText = `[^\s]+`
)

var (
	rolePattern    = regexp.MustCompile("^" + roleText + "$")
	handlerPattern = regexp.MustCompile("^" + handlerText + "$")
)

// Bounds of members that the catalogue does not have, in characters.
const (
	maxHandler     = 128
	maxDescription = 256
)

// constraints adds what the settings violate.
func (s *settings) constraints(v *violations) {
	v.pattern("role", s.Role, rolePattern, roleText)
	v.length("handler", s.Handler, maxHandler)
	v.pattern("handler", s.Handler, handlerPattern, handlerText)
	v.length("description", s.Description, maxDescription)
	v.between("timeout", s.Timeout, 1, int(function.MaxTimeout/time.Second))
	v.between("memorySize", s.MemorySize, function.MinMemoryMB, function.MaxMemoryMB)
}

// check checks settings that come alone.
func (s *settings) check() error {
	var v violations
	s.constraints(&v)
	if err := v.err(); err != nil {
		return err
	}
	return s.unsupported()
}

// unsupported says what Lambda has and this server has not.
func (s *settings) unsupported() error {
	switch {
	case len(s.Layers) > 0:
		return invalid("Layers are not supported here: pack what the function needs with its code.")
	case s.Runtime != nil:
		if err := function.CheckRuntime(*s.Runtime); err != nil {
			return invalid("Value %s at 'runtime' failed to satisfy constraint: %v", *s.Runtime, err)
		}
	}
	return nil
}

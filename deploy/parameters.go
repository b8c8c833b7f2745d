package deploy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/statelark/statelark/value"
)

// Parameters of a template come from the caller, else they have their default. A list is a text with commas in it.

// ssmParameter is how types begin whose value is the name of a parameter of SSM.
const ssmParameter = "AWS::SSM::Parameter::Value<"

// setParameters gives the parameters of the template their values.
func (s *scope) setParameters(given map[string]string) error {
	var wrong Problems
	declared := s.template.parameters
	for name := range given {
		if _, ok := declared.Get(name); !ok {
			wrong.add("the template has no parameter %s", name)
		}
	}
	for _, m := range declared.Members() {
		text, ok := given[m.Key]
		if !ok {
			d, has := m.Value.Get("Default")
			if !has || !isScalar(d) {
				wrong.add("the parameter %s has no value and no default", m.Key)
				continue
			}
			text = plainText(d)
		}
		s.setParameter(m.Key, text, m.Value, &wrong)
	}
	slices.Sort(wrong)
	return wrong.err()
}

func (s *scope) setParameter(name, text string, declared value.Value, wrong *Problems) {
	kind := textOf(declared, "Type")
	switch {
	case strings.HasPrefix(kind, ssmParameter):
		s.lookups[name] = true
		s.parameters[name] = value.FromString(text)
		return
	case kind == "":
		wrong.add("the parameter %s has no Type", name)
		return
	}
	list := kind == "CommaDelimitedList" || strings.HasPrefix(kind, "List<")
	parts := []string{text}
	if list {
		parts = strings.Split(text, ",")
	}
	elems := make([]value.Value, len(parts))
	for i, part := range parts {
		if list {
			part = strings.TrimSpace(part)
		}
		checkParameter(name, part, kind, declared, wrong)
		elems[i] = value.FromString(part)
	}
	s.parameters[name] = elems[0]
	if list {
		s.parameters[name] = value.NewArray(elems)
	}
}

// checkParameter holds a value, or an element of a list, against what its declaration says.
func checkParameter(name, text, kind string, declared value.Value, wrong *Problems) {
	number, err := strconv.ParseFloat(text, 64)
	shown := strconv.Quote(text)
	if textLike(declared, "NoEcho") == "true" {
		shown = "not to be shown"
	}
	if strings.Contains(kind, "Number") && err != nil {
		wrong.add("the parameter %s has to be a number, and is %s", name, shown)
	}
	if allowed, ok := declared.Get("AllowedValues"); ok && !slices.ContainsFunc(allowed.Elems(), func(v value.Value) bool {
		return isScalar(v) && plainText(v) == text
	}) {
		wrong.add("the parameter %s is %s; it has to be one of %s", name, shown, allowed.Compact())
	}
	if pattern := textOf(declared, "AllowedPattern"); pattern != "" {
		if re, err := regexp.Compile("^(?:" + pattern + ")$"); err == nil && !re.MatchString(text) { // RE2 lacks some of Java's
			wrong.add("the parameter %s is %s; it has to match %s", name, shown, pattern)
		}
	}
	for _, bound := range []struct {
		member string
		broken func(limit float64) bool
	}{
		{"MinLength", func(l float64) bool { return float64(utf8.RuneCountInString(text)) < l }},
		{"MaxLength", func(l float64) bool { return float64(utf8.RuneCountInString(text)) > l }},
		{"MinValue", func(l float64) bool { return number < l }},
		{"MaxValue", func(l float64) bool { return number > l }},
	} {
		if v, ok := declared.Get(bound.member); ok {
			if limit, err := strconv.ParseFloat(plainText(v), 64); err == nil && bound.broken(limit) {
				wrong.add("the parameter %s is %s, against its %s of %s", name, shown, bound.member, plainText(v))
			}
		}
	}
}

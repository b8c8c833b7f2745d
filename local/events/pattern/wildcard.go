package pattern

import (
	"strings"

	"github.com/statelark/statelark/value"
)

// maxRepeats is how many times what follows a star may follow one: so many places of a text could be meant by it.
const maxRepeats = 3

// wildcard reads a text in which a star stands for any letters. A backslash stands before a star or a backslash that is one.
func wildcard(v value.Value) (condition, error) {
	if v.Kind() != value.String {
		return condition{}, wrong("wildcard match pattern must be a string")
	}
	parts, err := splitStars(v.Str())
	if err != nil {
		return condition{}, err
	}
	repeats := map[string]int{}
	for _, part := range parts[1:] {
		first := part
		if end := strings.IndexAny(part, ":/.-_ "); end >= 0 {
			first = part[:end+1]
		}
		if repeats[first]++; repeats[first] > maxRepeats {
			return condition{}, wrong("Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character")
		}
	}
	return text(func(s string) bool { return fits(s, parts) }), nil
}

// splitStars returns what stands between the stars of a pattern.
func splitStars(text string) ([]string, error) {
	var parts []string
	var part []byte
	star := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '*' && star:
			return nil, wrong("Consecutive wildcard characters at pos %d", i-1)
		case c == '*':
			parts, part, star = append(parts, string(part)), nil, true
			continue
		case c == '\\':
			if i++; i == len(text) || text[i] != '*' && text[i] != '\\' {
				return nil, wrong("Invalid escape character at pos %d", i-1)
			}
			part = append(part, text[i])
		default:
			part = append(part, c)
		}
		star = false
	}
	return append(parts, string(part)), nil
}

// fits reports whether a text is the parts with anything between them.
func fits(s string, parts []string) bool {
	last := len(parts) - 1
	if last == 0 {
		return s == parts[0]
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	if s, ok = strings.CutSuffix(s, parts[last]); !ok {
		return false
	}
	for _, part := range parts[1:last] {
		at := strings.Index(s, part)
		if at < 0 {
			return false
		}
		s = s[at+len(part):]
	}
	return true
}

package secrets

import (
	"slices"
	"strings"
	"unicode"
)

// filter lets through the secrets that one of its values fits; one with ! before it, those that it does not fit.
type filter struct {
	Key    string
	Values []string
}

func (f filter) match(x *secret) bool {
	return slices.ContainsFunc(f.Values, func(value string) bool {
		value, not := strings.CutPrefix(value, "!")
		return f.fits(x, value) != not
	})
}

// fits reports whether a value fits. Names and tags are compared by how they begin; the others by the words in them, in
// which the case does not count.
func (f filter) fits(x *secret, value string) bool {
	tags := func(of func(tag) string) bool {
		return slices.ContainsFunc(x.Tags, func(t tag) bool { return strings.HasPrefix(of(t), value) })
	}
	switch f.Key {
	case "name":
		return strings.HasPrefix(x.Name, value)
	case "tag-key":
		return tags(func(t tag) string { return t.Key })
	case "tag-value":
		return tags(func(t tag) string { return t.Value })
	case "description":
		return hasWords(value, x.Description)
	case "all":
		texts := []string{x.Name, x.Description}
		for _, t := range x.Tags {
			texts = append(texts, t.Key, t.Value)
		}
		return hasWords(value, texts...)
	}
	return false // primary-region, owning-service: nothing is replicated, nothing is a service's
}

// hasWords reports whether each word of value begins a word of the texts.
func hasWords(value string, texts ...string) bool {
	var have []string
	for _, t := range texts {
		have = append(have, words(t)...)
	}
	for _, w := range words(value) {
		if !slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, w) }) {
			return false
		}
	}
	return true
}

// words splits a text at spaces, at the signs that names may have, and where a capital follows a small letter.
func words(text string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("/-_+=.@!:", r) }) {
		start, last := 0, rune(0)
		for i, r := range part {
			if i > 0 && unicode.IsUpper(r) && unicode.IsLower(last) {
				out = append(out, strings.ToLower(part[start:i]))
				start = i
			}
			last = r
		}
		out = append(out, strings.ToLower(part[start:]))
	}
	return out
}

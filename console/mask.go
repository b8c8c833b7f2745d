package console

import (
	"strings"
	"unicode/utf8"

	"github.com/statelark/statelark/value"
)

// Hidden stands in place of a value that is not shown.
const Hidden = "•••"

// MaskedByDefault are the names of fields whose values are hidden when nobody says otherwise; see NewMask.
var MaskedByDefault = []string{
	"*password", "*passwd", "*passphrase", "*secret", "*token", "authorization", "*apikey", "*privatekey", "*secretkey",
	"*secretaccesskey", "*credentials", "cookie", "setcookie",
}

// Mask hides the values of fields with certain names.
type Mask struct {
	names    []string
	patterns []pattern
}

// pattern is a name, with what may stand before and after it.
type pattern struct {
	text          string
	before, after bool
}

// NewMask returns the mask of some names. Case, "-", "_", "." and spaces count for nothing; a * at the beginning or the end
// stands for anything: *token is accessToken and X-Token, too. nil when there are no names.
func NewMask(names []string) *Mask {
	m := &Mask{}
	for _, name := range names {
		text, before := strings.CutPrefix(strings.TrimSpace(name), "*")
		text, after := strings.CutSuffix(text, "*")
		if text = bare(text); text != "" || before {
			m.names, m.patterns = append(m.names, strings.TrimSpace(name)), append(m.patterns, pattern{text, before, after})
		}
	}
	if len(m.patterns) == 0 {
		return nil
	}
	return m
}

// Names are those that the mask was made of.
func (m *Mask) Names() []string {
	if m == nil {
		return nil
	}
	return m.names
}

// bare is a name without what does not count.
func bare(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '-', '_', '.', ' ':
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// hides reports whether the value of a field is hidden.
func (m *Mask) hides(name string) bool {
	name = bare(name)
	for _, p := range m.patterns {
		switch {
		case p.before && p.after:
			if strings.Contains(name, p.text) {
				return true
			}
		case p.before:
			if strings.HasSuffix(name, p.text) {
				return true
			}
		case p.after:
			if strings.HasPrefix(name, p.text) {
				return true
			}
		case name == p.text:
			return true
		}
	}
	return false
}

// Text returns JSON text with the values of those fields hidden, however deep they are: in texts that are JSON again, and in
// lists of names with their values ({"Name": "API_KEY", "Value": …}, in that order). What is JSON stays JSON. A text that is cut off, or is
// none, is masked as far as it reads like JSON.
func (m *Mask) Text(text string) string {
	if m == nil || !strings.Contains(text, `"`) {
		return text
	}
	w := masking{Mask: m}
	w.text(text, 0)
	if !w.hid {
		return text
	}
	return string(w.out)
}

// maxEmbedded is how many texts inside of texts are looked into: each has its quotes escaped once more.
const maxEmbedded = 6

// masking is one run over a text.
type masking struct {
	*Mask

	out []byte
	hid bool
}

func (w *masking) hide() {
	w.out, w.hid = append(append(append(w.out, '"'), Hidden...), '"'), true
}

// pairNames and pairValues are what the members of a pair are called in AWS's lists of variables and headers.
var (
	pairNames  = map[string]bool{"name": true, "key": true}
	pairValues = map[string]bool{"value": true, "values": true}
)

// text masks a text that is embedded so many times.
func (w *masking) text(text string, embedded int) {
	pairs := []bool{false} // of each object around: the name of a pair in it is one of ours
	for i := 0; i < len(text); {
		switch text[i] {
		case '{', '[':
			pairs = append(pairs, false)
		case '}', ']':
			if len(pairs) > 1 {
				pairs = pairs[:len(pairs)-1]
			}
		}
		if strings.HasPrefix(text[i:], `\"`) {
			i = w.unquoted(text, i, embedded)
			continue
		}
		if text[i] != '"' {
			w.out = append(w.out, text[i])
			i++
			continue
		}
		end, whole := endOfQuoted(text, i)
		colon := skipSpace(text, end)
		if stray(text, i, end, colon) {
			w.out = append(w.out, text[i])
			i++
			continue
		}
		if colon == len(text) || text[colon] != ':' {
			w.quoted(text[i:end], whole, embedded)
			i = end
			continue
		}
		name := unquotedName(text[i:end])
		from := skipSpace(text, colon+1)
		w.out = append(w.out, text[i:from]...)
		i = from
		pair := &pairs[len(pairs)-1]
		switch {
		case from == len(text):
		case w.hides(name), *pair && pairValues[strings.ToLower(name)]:
			if i = endOfValue(text, from); text[from:i] == "null" {
				w.out = append(w.out, "null"...)
				continue
			}
			w.hide()
		case pairNames[strings.ToLower(name)] && text[from] == '"':
			to, _ := endOfQuoted(text, from)
			*pair = w.hides(unquotedName(text[from:to]))
		}
	}
}

// quoted masks a string that is a value: it may have JSON in it.
func (w *masking) quoted(token string, whole bool, embedded int) {
	if !strings.Contains(token, `\"`) {
		w.out = append(w.out, token...)
		return
	}
	if !whole { // of a text that was cut off: without an escape that was
		token = strings.TrimSuffix(token, `\`) + `"`
	}
	v, err := value.Parse(token)
	if err != nil || embedded == maxEmbedded {
		w.hide() // it cannot be looked into
		return
	}
	inner := masking{Mask: w.Mask}
	inner.text(v.Str(), embedded+1)
	if !inner.hid {
		w.out = append(w.out, token...)
		return
	}
	w.out, w.hid = value.AppendQuoted(w.out, string(inner.out)), true
}

// unquoted masks what is escaped as in a string, but stands in none, from an offset on, and returns the offset after it.
func (w *masking) unquoted(text string, start, embedded int) int {
	end, whole := endOfQuoted(text, start-1)
	if whole {
		end-- // the quote begins something else
	}
	inner := masking{Mask: w.Mask}
	inner.quoted(`"`+text[start:end]+`"`, true, embedded)
	w.out, w.hid = append(w.out, inner.out[1:len(inner.out)-1]...), w.hid || inner.hid
	return end
}

// stray reports whether a quote begins no string of JSON, since nothing follows its end that would: then it is one of a
// sentence, and those after it may be JSON's. A string that may have JSON in it is none such.
func stray(text string, start, end, next int) bool {
	return next < len(text) && !strings.ContainsRune(",:}]", rune(text[next])) && !strings.Contains(text[start:end], `\"`)
}

// endOfQuoted returns the offset after the string that starts at an offset, and whether it ends at all.
func endOfQuoted(text string, start int) (end int, whole bool) {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
	return len(text), false
}

func skipSpace(text string, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}

// endOfValue returns the offset after the value that starts at an offset.
func endOfValue(text string, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '"':
			i, _ = endOfQuoted(text, i)
			i--
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(text)
}

// unquotedName is what a name in quotes stands for; as it stands when it cannot be read.
func unquotedName(token string) string {
	if !strings.ContainsRune(token, '\\') && utf8.ValidString(token) {
		return strings.Trim(token, `"`)
	}
	v, err := value.Parse(token)
	if err != nil {
		return strings.Trim(token, `"`)
	}
	return v.Str()
}

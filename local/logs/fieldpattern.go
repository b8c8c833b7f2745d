package logs

import (
	"strconv"
	"strings"
)

// fields fits a message by the fields that stand between its spaces. rest is the place of the ellipsis, which stands for any
// number of them; -1: there is none.
type fields struct {
	fields []field
	rest   int
}

// field is a field with a name and conditions on it: an OR of ANDs; none: any.
type field struct {
	name string
	any  [][]*comparison
}

func parseFieldPattern(text string) (pattern, error) {
	s, p := &scanner{text: text, at: 1}, &fields{rest: -1}
	for s.space(); !s.take("]"); s.space() {
		if !s.more() {
			return nil, badPattern("] is missing")
		}
		if s.take("...") {
			if p.rest >= 0 {
				return nil, badPattern("there are two ellipses")
			}
			p.rest = len(p.fields)
		} else if err := p.read(s); err != nil {
			return nil, err
		}
		if s.space(); s.peek() != ']' && !s.take(",") {
			return nil, badPattern("a comma is missing at character " + strconv.Itoa(s.at+1))
		}
	}
	if s.space(); s.more() {
		return nil, badPattern("something follows the ]")
	}
	if len(p.fields) == 0 {
		p.rest = 0
	}
	return p, nil
}

const fieldEnds = ",]&| \t\r\n"

// read reads name, name=value, name=a||name=b, name>1&&name<5.
func (p *fields) read(s *scanner) error {
	f := field{name: s.while(func(c byte) bool { return strings.IndexByte(fieldEnds+"=!<>", c) < 0 })}
	if f.name == "" {
		return badPattern("a name is missing at character " + strconv.Itoa(s.at+1))
	}
	for s.space(); s.more() && strings.IndexByte("=!<>", s.peek()) >= 0; s.space() {
		c, err := s.compare(fieldEnds)
		if err != nil {
			return err
		}
		if len(f.any) == 0 {
			f.any = append(f.any, nil)
		}
		last := len(f.any) - 1
		f.any[last] = append(f.any[last], c)
		s.space()
		switch {
		case s.take("||"):
			f.any = append(f.any, nil)
		case !s.take("&&"):
			p.fields = append(p.fields, f)
			return nil
		}
		if s.space(); !s.take(f.name) {
			return badPattern("the conditions of a field have its name, at character " + strconv.Itoa(s.at+1))
		}
	}
	if n := len(f.any); n > 0 && len(f.any[n-1]) == 0 {
		return badPattern("a condition is missing at character " + strconv.Itoa(s.at+1))
	}
	p.fields = append(p.fields, f)
	return nil
}

// splitFields splits a message at its spaces. What stands between brackets or quotes is one field, without them.
func splitFields(message string) []string {
	var out []string
	for i := 0; i < len(message); {
		if message[i] == ' ' {
			i++
			continue
		}
		closing := map[byte]byte{'[': ']', '"': '"'}[message[i]]
		if end := strings.IndexByte(message[i+1:], closing); closing != 0 && end >= 0 {
			out = append(out, message[i+1:i+1+end])
			i += end + 2
			continue
		}
		end := strings.IndexByte(message[i:], ' ')
		if end < 0 {
			end = len(message) - i
		}
		out = append(out, message[i:i+end])
		i += end
	}
	return out
}

func (p *fields) match(message string) (map[string]string, bool) {
	have := splitFields(message)
	if len(have) < len(p.fields) || p.rest < 0 && len(have) != len(p.fields) {
		return nil, false
	}
	out := map[string]string{}
	skip := len(have) - len(p.fields)
	for i, text := range have {
		at := i
		if p.rest >= 0 && i >= p.rest {
			if at = i - skip; i < p.rest+skip {
				out["$"+strconv.Itoa(i+1)] = text
				continue
			}
		}
		f := p.fields[at]
		if out["$"+f.name] = text; !f.fits(text) {
			return nil, false
		}
	}
	return out, true
}

func (f field) fits(text string) bool {
	for _, all := range f.any {
		ok := true
		for _, c := range all {
			ok = ok && c.holds(text)
		}
		if ok {
			return true
		}
	}
	return len(f.any) == 0
}

package jsonata

import "strings"

// A signature such as <s-nn?:s> says what arguments a function takes. The reference builds a regular
// expression over one letter per argument; here each parameter holds the set of letters it accepts and how
// often it repeats, and share walks the arguments with the same preferences.

// symbols is a set of argument types.
type symbols uint8

const (
	symString symbols = 1 << iota
	symNumber
	symBoolean
	symNull
	symObject
	symArray
	symFunction
	symMissing

	symAny = symString | symNumber | symBoolean | symNull | symObject | symArray | symFunction | symMissing
)

var symbolOf = map[byte]symbols{
	's': symString, 'n': symNumber, 'b': symBoolean, 'l': symNull, 'o': symObject, 'a': symArray,
	'f': symFunction, 'm': symMissing,
}

// elementNames are the words for the element types of an array parameter.
var elementNames = map[string]string{
	"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings",
}

// param is one parameter of a signature.
type param struct {
	accept  symbols
	letter  byte   // the type as written; '(' for a choice
	element string // the type of an array's elements, as written; "" for any
	typed   bool   // element was written, be it empty
	context bool   // a missing argument is taken from the context value

	optional bool
	repeated bool
	lazy     bool // prefers to match less
}

type signature struct{ params []param }

// parseSignature reads a signature with its angle brackets. The Position of an error counts from its start.
func parseSignature(text string) (*signature, *Error) {
	s := &signature{}
	for i := 1; i < len(text) && text[i] != ':'; i++ {
		var last *param
		if n := len(s.params); n > 0 {
			last = &s.params[n-1]
		} else {
			last = &param{}
		}
		switch c := text[i]; c {
		case 's', 'n', 'b', 'l', 'o':
			s.params = append(s.params, param{letter: c, accept: symbolOf[c] | symMissing})
		case 'a', 'x':
			s.params = append(s.params, param{letter: c, accept: symAny})
		case 'j':
			s.params = append(s.params, param{letter: c, accept: symAny &^ symFunction})
		case 'f':
			s.params = append(s.params, param{letter: c, accept: symFunction})
		case '-':
			last.context = true
			last.option()
		case '?':
			last.option()
		case '+':
			last.repeated = true
		case '(':
			end := closingBracket(text, i, '(', ')')
			choice := text[i+1 : min(end, len(text))]
			if strings.Contains(choice, "<") {
				e := failAt("S0402", i)
				e.Value = quoteJSON(choice)
				return nil, e
			}
			p := param{letter: '(', accept: symMissing}
			for j := range len(choice) {
				p.accept |= symbolOf[choice[j]]
			}
			s.params = append(s.params, p)
			i = end
		case '<':
			if last.letter != 'a' && last.letter != 'f' {
				e := failAt("S0401", i)
				if last.letter != 0 {
					e.Value = quoteJSON(string(last.letter))
				}
				return nil, e
			}
			end := closingBracket(text, i, '<', '>')
			last.element, last.typed = text[i+1:min(end, len(text))], true
			i = end
		}
	}
	return s, nil
}

// option makes the parameter optional; said twice, it prefers to be left out.
func (p *param) option() {
	p.lazy = p.optional || p.repeated
	p.optional = p.optional || !p.repeated
}

// closingBracket returns the place of the bracket that closes the one at start, len(text) when none does.
func closingBracket(text string, start int, opening, closing byte) int {
	depth := 1
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case closing:
			if depth--; depth == 0 {
				return i
			}
		case opening:
			depth++
		}
	}
	return len(text)
}

// tagSymbols are the types of arguments by tag.
var tagSymbols = [...]symbols{
	tagUndefined: symMissing, tagNull: symNull, tagBool: symBoolean, tagNumber: symNumber, tagString: symString,
	tagArray: symArray, tagObject: symObject, tagFunction: symFunction,
}

// symbol returns the type of an argument.
func (v *val) symbol() symbols { return tagSymbols[v.tag] }

// sharing shares arguments out among parameters.
type sharing struct {
	params []param
	args   []val
	whole  bool   // no argument may be left over
	counts []int  // how many arguments go to each parameter
	failed []bool // with which parameter and argument there is no way to begin, so that each is tried once
}

// share reports whether the arguments fit; counts then says how.
func share(params []param, args []val, whole bool) ([]int, bool) {
	s := sharing{params: params, args: args, whole: whole, counts: make([]int, len(params))}
	s.failed = make([]bool, (len(params)+1)*(len(args)+1))
	return s.counts, s.from(0, 0)
}

// from shares out the arguments, number a and those after it, among the parameters, number p and those after it.
func (s *sharing) from(p, a int) bool {
	if p == len(s.params) {
		return !s.whole || a == len(s.args)
	}
	state := p*(len(s.args)+1) + a
	if s.failed[state] {
		return false
	}
	q := &s.params[p]
	least, most := 1, 1
	if q.optional {
		least = 0
	}
	if q.repeated {
		most = len(s.args)
	}
	fits := 0
	for fits < most && a+fits < len(s.args) && s.args[a+fits].symbol()&q.accept != 0 {
		fits++
	}
	for i := least; i <= fits; i++ {
		n := i
		if !q.lazy {
			n = fits - (i - least)
		}
		s.counts[p] = n
		if s.from(p+1, a+n) {
			return true
		}
	}
	s.failed[state] = true
	return false
}

// validate checks args and returns those the function gets: gaps filled from the context, single values
// wrapped where an array is due.
func (s *signature) validate(args []val, context val, d Dialect) ([]val, *Error) {
	if s.fitsAsIs(args, d) {
		return args, nil
	}
	counts, ok := share(s.params, args, true)
	if !ok {
		return nil, s.mismatch(args)
	}
	valid := make([]val, 0, len(s.params))
	next := 0
	arg := func() val {
		if next < len(args) {
			return args[next]
		}
		return undefined
	}
	for i := range s.params {
		p := &s.params[i]
		first := arg()
		switch {
		case counts[i] > 0:
			for range counts[i] {
				a := first
				if p.letter == 'a' {
					var err *Error
					if a, err = p.asArray(arg(), counts[i], next, d); err != nil {
						return nil, err
					}
				}
				valid = append(valid, a)
				next++
			}
		case !p.context:
			valid = append(valid, first)
			next++
		case context.symbol()&p.accept != 0:
			valid = append(valid, context)
		default:
			e := failValue("T0411", context)
			e.Index = next + 1
			return nil, e
		}
	}
	return valid, nil
}

// fitsAsIs reports the plain case: one argument of the right type for each parameter, in order, those left out
// being optional ones at the end.
func (s *signature) fitsAsIs(args []val, d Dialect) bool {
	if len(args) > len(s.params) {
		return false
	}
	short := len(args) < len(s.params)
	for i := range s.params {
		p := &s.params[i]
		if short && (p.lazy || p.repeated) {
			return false
		}
		if i >= len(args) {
			if !p.optional || p.context {
				return false
			}
			continue
		}
		if args[i].symbol()&p.accept == 0 {
			return false
		}
		if p.letter == 'a' && (args[i].tag != tagArray || p.typed && !p.elementsFit(args[i], 1, d)) {
			return false
		}
	}
	return true
}

// asArray gives argument number at of an array parameter the form of an array of the right elements.
func (p *param) asArray(arg val, count, at int, d Dialect) (val, *Error) {
	if !arg.defined() {
		return arg, nil
	}
	if p.typed && !p.elementsFit(arg, count, d) {
		e := failValue("T0412", arg)
		e.Index = at + 1
		if name, ok := elementNames[p.element]; ok {
			e.extra = quoteJSON(name)
		}
		return undefined, e
	}
	if arg.tag != tagArray {
		return arrayVal(&array{elems: []val{arg}, size: sizeOf(arg)}), nil
	}
	return arg, nil
}

// elementsFit reports whether arg is an array of p.element, or one such element.
func (p *param) elementsFit(arg val, count int, d Dialect) bool {
	if arg.tag != tagArray {
		return count == 1 && len(p.element) == 1 && symbolOf[p.element[0]] == arg.symbol()
	}
	l := arg.list(d)
	n := l.len()
	if n == 0 {
		return true
	}
	if p.element == "" {
		return false
	}
	want := symbolOf[p.element[0]]
	if l.source == nil && l.ints.count == 0 {
		for i := range l.elems {
			if l.elems[i].symbol() != want {
				return false
			}
		}
		return true
	}
	for i := range n {
		if e := l.at(i); e.symbol() != want {
			return false
		}
	}
	return true
}

// mismatch says which argument is the first that the parameters have no place for.
func (s *signature) mismatch(args []val) *Error {
	good := 0
	for i := range s.params {
		counts, ok := share(s.params[:i+1], args, false)
		if !ok {
			break
		}
		good = 0
		for _, n := range counts {
			good += n
		}
	}
	e := fail("T0410")
	if good < len(args) {
		e.Value = renderValue(args[good])
	}
	e.Index = good + 1
	return e
}

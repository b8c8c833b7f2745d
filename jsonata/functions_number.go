package jsonata

import (
	"math"
	"strconv"
	"strings"
)

// floorInt rounds down to an int, clamping what does not fit and taking NaN for 0.
func floorInt(f float64) int { return clampInt(math.Floor(f)) }

// truncInt rounds towards zero to an int, clamping what does not fit and taking NaN for 0.
func truncInt(f float64) int { return clampInt(math.Trunc(f)) }

func clampInt(f float64) int {
	switch {
	case math.IsNaN(f):
		return 0
	case f > 1<<52:
		return 1 << 52
	case f < -1<<52:
		return -1 << 52
	}
	return int(f)
}

// mapNumber applies f to the first argument, undefined staying undefined.
func (c *call) mapNumber(f func(float64) float64) (val, *Error) {
	n := c.arg(0)
	if !n.defined() {
		return undefined, nil
	}
	return numberVal(f(n.num)), nil
}

func floor(c *call) (val, *Error) { return c.mapNumber(math.Floor) }
func ceil(c *call) (val, *Error)  { return c.mapNumber(math.Ceil) }
func abs(c *call) (val, *Error)   { return c.mapNumber(math.Abs) }

func round(c *call) (val, *Error) {
	precision := truncInt(c.arg(1).num)
	if p := c.arg(1).num; p != float64(precision) && !math.IsNaN(p) {
		// The reference writes the precision after an "e", where no fraction makes a number.
		return c.mapNumber(func(float64) float64 { return math.NaN() })
	}
	return c.mapNumber(func(f float64) float64 { return roundHalfEven(f, precision) })
}

func sqrt(c *call) (val, *Error) {
	if n := c.arg(0); n.num < 0 {
		e := failValue("D3060", n)
		e.Index = 1
		return undefined, e
	}
	return c.mapNumber(math.Sqrt)
}

func power(c *call) (val, *Error) {
	n, exp := c.arg(0), c.arg(1)
	if !n.defined() {
		return undefined, nil
	}
	r := math.NaN()
	if exp.defined() {
		r = pow(n.num, exp.num)
	}
	if math.IsNaN(r) || math.IsInf(r, 0) {
		e := failValue("D3061", n)
		e.Index, e.extra = 1, renderValue(exp)
		return undefined, e
	}
	return numberVal(r), nil
}

func (c *call) random() float64 {
	if c.ev.env.Random == nil {
		return 0
	}
	return c.ev.env.Random()
}

func random(c *call) (val, *Error) { return numberVal(c.random()), nil }

// numbers calls f for each number of the first argument; false when there is no array.
func (c *call) numbers(f func(n float64)) bool {
	if !c.arg(0).defined() {
		return false
	}
	l := c.arg(0).list(c.ev.dialect)
	if l.source == nil && l.ints.count == 0 {
		for i := range l.elems {
			f(l.elems[i].num)
		}
		return true
	}
	for i := range l.len() {
		f(l.at(i).num)
	}
	return true
}

func sum(c *call) (val, *Error) {
	total := 0.0
	if !c.numbers(func(n float64) { total += n }) {
		return undefined, nil
	}
	return numberVal(total), nil
}

func average(c *call) (val, *Error) {
	total, n := 0.0, 0
	c.numbers(func(f float64) { total += f; n++ })
	if n == 0 {
		return undefined, nil
	}
	return numberVal(total / float64(n)), nil
}

func maximum(c *call) (val, *Error) { return c.extreme(math.Max, math.Inf(-1)) }
func minimum(c *call) (val, *Error) { return c.extreme(math.Min, math.Inf(1)) }

func (c *call) extreme(pick func(a, b float64) float64, start float64) (val, *Error) {
	best, n := start, 0
	c.numbers(func(f float64) { best = pick(best, f); n++ })
	if n == 0 {
		return undefined, nil
	}
	return numberVal(best), nil
}

// number casts to a number.
func number(c *call) (val, *Error) {
	switch v := c.arg(0); v.tag {
	case tagUndefined, tagNumber:
		return v, nil
	case tagBool:
		return numberVal(v.num), nil
	case tagString:
		if isDecimal(v.text()) {
			if f, err := strconv.ParseFloat(v.text(), 64); err == nil {
				return fromNumberString(v.text(), f, c.ev.dialect), nil
			}
		} else if looksRadix(v.text()) {
			return numberVal(parseRadix(v.text())), nil
		}
	}
	e := failValue("D3030", c.arg(0))
	e.Index = 1
	return undefined, e
}

// fromNumberString wraps the number f that text spells, exactly where the dialect can.
func fromNumberString(text string, f float64, d Dialect) val {
	if d == AWS && math.Abs(f) >= maxExact {
		return fromNumber(text, d)
	}
	return numberVal(f)
}

// isDecimal reports whether s is a decimal number as JSON writes it, leading zeros allowed.
func isDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	digits := func() bool {
		rest := strings.TrimLeft(s, "0123456789")
		found := len(rest) < len(s)
		s = rest
		return found
	}
	if !digits() {
		return false
	}
	if rest, ok := strings.CutPrefix(s, "."); ok {
		if s = rest; !digits() {
			return false
		}
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return digits() && s == ""
}

// looksRadix is the reference's test for hexadecimal, octal and binary numbers, which anchors the first form
// at the start and the last at the end only.
func looksRadix(s string) bool {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && isRadixDigit(s[2], 16) {
		return true
	}
	for i := 0; i+2 < len(s); i++ {
		if s[i] == '0' && (s[i+1] == 'o' || s[i+1] == 'O') && isRadixDigit(s[i+2], 8) {
			return true
		}
	}
	digits := strings.TrimRight(s, "01")
	if len(digits) == len(s) {
		return false
	}
	if strings.HasSuffix(digits, "b") || strings.HasSuffix(digits, "B") {
		rest := digits[:len(digits)-1]
		return strings.HasSuffix(rest, "0")
	}
	return false
}

func isRadixDigit(c byte, base int) bool {
	_, err := strconv.ParseUint(string(c), base, 8)
	return err == nil
}

// parseRadix is JavaScript's Number() for strings with a radix prefix; anything else is no number.
func parseRadix(s string) float64 {
	s = strings.TrimSpace(s)
	if len(s) < 3 || s[0] != '0' {
		return math.NaN()
	}
	base := map[byte]int{'x': 16, 'o': 8, 'b': 2}[s[1]|0x20]
	if base == 0 {
		return math.NaN()
	}
	f := 0.0
	for i := 2; i < len(s); i++ {
		d, err := strconv.ParseUint(s[i:i+1], base, 8)
		if err != nil {
			return math.NaN()
		}
		f = f*float64(base) + float64(d)
	}
	return f
}

func formatBase(c *call) (val, *Error) {
	n := c.arg(0)
	if !n.defined() {
		return undefined, nil
	}
	radix := 10.0
	if r := c.arg(1); r.defined() {
		radix = roundHalfEven(r.num, 0)
	}
	if !(radix >= 2 && radix <= 36) {
		return undefined, failValue("D3100", numberVal(radix))
	}
	return stringVal(inBase(roundHalfEven(n.num, 0), int(radix))), nil
}

// inBase prints a whole number as JavaScript's toString(radix) does: with zeros for the digits that the float
// does not hold.
func inBase(f float64, radix int) string {
	if radix == 10 || math.IsNaN(f) || math.IsInf(f, 0) {
		return formatFloat(f)
	}
	sign := ""
	if f < 0 {
		sign, f = "-", -f
	}
	zeros := 0
	for f/float64(radix) >= maxExact {
		f /= float64(radix)
		zeros++
	}
	return sign + strconv.FormatInt(int64(f), radix) + strings.Repeat("0", zeros)
}

package jsonata

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/statelark/statelark/value"
)

// pow10 are the powers of ten that float64 holds exactly.
var pow10 = [...]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
	1e19, 1e20, 1e21, 1e22,
}

// maxExact is the largest integer below which every integer is a float64.
const maxExact = 1 << 53

// fromNumber wraps a number of the input. In the AWS dialect an integer that fits a long keeps its spelling
// where float64 would lose digits.
func fromNumber(text string, d Dialect) val {
	if f, ok := shortNumber(text); ok {
		return numberVal(f)
	}
	f, _ := strconv.ParseFloat(text, 64)
	v := numberVal(f)
	if d == AWS && math.Abs(f) >= maxExact {
		if _, err := strconv.ParseInt(text, 10, 64); err == nil {
			v.ref = &exact{text}
		}
	}
	return v
}

// shortNumber reads a number of at most 15 digits without an exponent: digits and power of ten are then both
// exact, so that one division rounds right.
func shortNumber(text string) (float64, bool) {
	if len(text) > 16 {
		return 0, false
	}
	mantissa, digits, point := int64(0), 0, -1
	for i := range len(text) {
		switch c := text[i]; {
		case isDigit(c):
			mantissa = mantissa*10 + int64(c-'0')
			digits++
		case c == '.':
			point = digits
		case c == '-' && i == 0:
		default:
			return 0, false
		}
	}
	if digits > 15 {
		return 0, false
	}
	f := float64(mantissa)
	if point >= 0 {
		f /= pow10[digits-point]
	}
	if text[0] == '-' {
		f = -f
	}
	return f, true
}

// formatFloat prints f as JavaScript's String(f) does.
func formatFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if f == math.Trunc(f) && math.Abs(f) < maxExact {
		return strconv.FormatInt(int64(f), 10)
	}
	return string(value.AppendFloat(nil, f))
}

// appendJSONNumber appends f as JSON.stringify prints it.
func appendJSONNumber(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	if f == math.Trunc(f) && math.Abs(f) < maxExact {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return value.AppendFloat(dst, f)
}

// appendJavaNumber appends f as the AWS service prints a number that a JSONata expression gave: whole numbers
// that fit a long in full, everything else in the notation of Java's Double.toString.
func appendJavaNumber(dst []byte, f float64) []byte {
	abs := math.Abs(f)
	if f == math.Trunc(f) && abs < 1<<63 {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	if abs >= 1e-3 && abs < 1e7 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exp, _ := strings.Cut(text, "e")
	dst = append(dst, mantissa...)
	if !strings.Contains(mantissa, ".") {
		dst = append(dst, ".0"...)
	}
	n, _ := strconv.Atoi(exp)
	dst = append(dst, 'E')
	return strconv.AppendInt(dst, int64(n), 10)
}

// round15 rounds f to 15 significant digits, as $string prints numbers.
func round15(f float64) float64 {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return f
	}
	r, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	return r
}

// scale10 multiplies f by a power of ten in decimal, without the rounding error of a multiplication.
func scale10(f float64, exp int) float64 {
	mantissa, e, ok := strings.Cut(formatFloat(f), "e")
	if ok {
		n, _ := strconv.Atoi(e)
		exp += n
	}
	r, err := strconv.ParseFloat(mantissa+"e"+strconv.Itoa(exp), 64)
	if errors.Is(err, strconv.ErrSyntax) {
		return math.NaN()
	}
	return r
}

// roundHalfEven rounds f to precision digits after the point, ties to the even neighbour.
func roundHalfEven(f float64, precision int) float64 {
	if math.IsInf(f, 0) && precision != 0 {
		return math.NaN() // "Infinitye2" is no number
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return f
	}
	if precision != 0 {
		f = scale10(f, precision)
	}
	r := f
	if math.Abs(f) < maxExact {
		r = math.Floor(f)
		if f-r >= 0.5 {
			r++
		}
	}
	if math.Abs(r-f) == 0.5 && math.Abs(math.Mod(r, 2)) == 1 {
		r--
	}
	if precision != 0 {
		r = scale10(r, -precision)
	}
	if r == 0 {
		return 0
	}
	return r
}

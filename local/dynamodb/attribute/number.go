package attribute

import (
	"math/big"
	"strconv"
	"strings"
)

// A number has up to 38 digits, and a magnitude from 1E-130 to 9.99…E+125. Its normal form is the one that DynamoDB answers
// with: no exponent, no sign of plus, no zero that says nothing. Equal numbers have equal normal forms.

const (
	maxDigits   = 38
	maxExponent = 125
	minExponent = -130
)

// NumberError says why a text is no number of DynamoDB's.
type NumberError string

func (e NumberError) Error() string { return string(e) }

// The ways in which a number is refused.
const (
	errPrecision NumberError = "Attempting to store more than 38 significant digits in a Number"
	errOverflow  NumberError = "Number overflow. Attempting to store a number with magnitude larger than supported range"
	errUnderflow NumberError = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)

// decimal is ±0.d1d2d3… × 10^point, without zeros at either end of the digits. Zero has no digits.
type decimal struct {
	negative bool
	digits   string
	point    int
}

// Normal returns the normal form of a number.
func Normal(text string) (string, error) {
	if isNormalInteger(text) {
		return text, nil
	}
	d, err := parseDecimal(text)
	if err != nil {
		return "", err
	}
	return d.String(), nil
}

// isNormalInteger is the way short for what most numbers are.
func isNormalInteger(s string) bool {
	if len(s) == 0 || len(s) > maxDigits || s[0] == '0' && len(s) > 1 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func parseDecimal(text string) (decimal, error) {
	d, ok := scanDecimal(text)
	switch {
	case !ok && text == "":
		return d, NumberError("The parameter cannot be converted to a numeric value")
	case !ok:
		return d, NumberError("The parameter cannot be converted to a numeric value: " + text)
	case d.digits == "":
		return d, nil
	}
	return d, d.inRange()
}

func (d decimal) inRange() error {
	switch {
	case d.point-1 > maxExponent:
		return errOverflow
	case d.point-1 < minExponent:
		return errUnderflow
	case len(d.digits) > maxDigits:
		return errPrecision
	}
	return nil
}

// scanDecimal reads a sign, digits with a point, and an exponent. Exponents are cut at some magnitude that is out of range anyway.
func scanDecimal(s string) (d decimal, ok bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.negative, s = s[0] == '-', s[1:]
	}
	mantissa, exponent, hasExponent := s, "", false
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent, hasExponent = s[:i], s[i+1:], true
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !onlyDigits(whole) || !onlyDigits(fraction) {
		return decimal{}, false
	}
	shift := 0
	if hasExponent {
		if shift, ok = scanExponent(exponent); !ok {
			return decimal{}, false
		}
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	d.point = len(whole) + shift - (len(whole) + len(fraction) - len(digits))
	d.digits = strings.TrimRight(digits, "0")
	if d.digits == "" {
		return decimal{}, true
	}
	return d, true
}

func scanExponent(s string) (int, bool) {
	unsigned := strings.TrimPrefix(strings.TrimPrefix(s, "+"), "-")
	if unsigned == "" || !onlyDigits(unsigned) || len(s)-len(unsigned) > 1 {
		return 0, false
	}
	if trimmed := strings.TrimLeft(unsigned, "0"); len(trimmed) > 8 {
		unsigned = "99999999"
	}
	n, err := strconv.Atoi(unsigned)
	if s[0] == '-' {
		n = -n
	}
	return n, err == nil
}

func onlyDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// String is the normal form.
func (d decimal) String() string {
	if d.digits == "" {
		return "0"
	}
	b := make([]byte, 0, maxExponent+8)
	if d.negative {
		b = append(b, '-')
	}
	n := len(d.digits)
	switch {
	case d.point <= 0:
		b = append(b, "0."...)
		b = append(b, strings.Repeat("0", -d.point)...)
		b = append(b, d.digits...)
	case d.point >= n:
		b = append(b, d.digits...)
		b = append(b, strings.Repeat("0", d.point-n)...)
	default:
		b = append(append(append(b, d.digits[:d.point]...), '.'), d.digits[d.point:]...)
	}
	return string(b)
}

// CompareNumbers orders two numbers in their normal form.
func CompareNumbers(a, b string) int {
	if a == b {
		return 0
	}
	x, _ := scanDecimal(a)
	y, _ := scanDecimal(b)
	switch {
	case x.sign() != y.sign():
		return x.sign() - y.sign()
	case x.negative:
		return y.compareMagnitude(x)
	}
	return x.compareMagnitude(y)
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

func (d decimal) compareMagnitude(o decimal) int {
	if d.point != o.point {
		return d.point - o.point
	}
	return strings.Compare(d.digits, o.digits)
}

// Add returns the sum of two numbers in their normal form, in its own. A sum that has more than 38 digits is refused.
func Add(a, b string) (string, error) { return combine(a, b, (*big.Int).Add) }

// Subtract returns the difference.
func Subtract(a, b string) (string, error) { return combine(a, b, (*big.Int).Sub) }

func combine(a, b string, do func(z, x, y *big.Int) *big.Int) (string, error) {
	x, _ := scanDecimal(a)
	y, _ := scanDecimal(b)
	scale := max(len(x.digits)-x.point, len(y.digits)-y.point, 0) // digits behind the point
	sum := do(new(big.Int), x.scaled(scale), y.scaled(scale))
	d, _ := scanDecimal(sum.String())
	if d.digits == "" {
		return "0", nil
	}
	d.point -= scale
	if err := d.inRange(); err != nil {
		return "", err
	}
	return d.String(), nil
}

// scaled returns d × 10^scale, which is whole.
func (d decimal) scaled(scale int) *big.Int {
	z := new(big.Int)
	if d.digits == "" {
		return z
	}
	z.SetString(d.digits+strings.Repeat("0", scale+d.point-len(d.digits)), 10)
	if d.negative {
		z.Neg(z)
	}
	return z
}

// numberSize is the size of a number in an item: a byte, one for each two significant digits before the point and for each two
// behind it, and one for a sign of minus.
func numberSize(normal string) int {
	d, _ := scanDecimal(normal)
	whole := min(max(d.point, 0), len(d.digits))
	size := 1 + (whole+1)/2 + (len(d.digits)-whole+1)/2
	if d.negative {
		size++
	}
	return size
}

package value

import (
	"math"
	"strconv"
	"strings"
)

// CompareNumbers orders two numbers by magnitude: -1, 0 or +1. Integers of any length compare exactly; where
// a fraction or an exponent is written, both count as float64.
func CompareNumbers(a, b Value) int {
	if a.raw == b.raw {
		return 0
	}
	if isInteger(a.raw) && isInteger(b.raw) {
		return compareIntegers(a.raw, b.raw)
	}
	x, y := a.Float(), b.Float()
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func isInteger(s string) bool { return !strings.ContainsAny(s, ".eE") }

func compareIntegers(a, b string) int {
	na, nb := a[0] == '-', b[0] == '-'
	if na {
		a = a[1:]
	}
	if nb {
		b = b[1:]
	}
	if a == "0" {
		na = false
	}
	if b == "0" {
		nb = false
	}
	if na != nb {
		if na {
			return -1
		}
		return 1
	}
	c := len(a) - len(b)
	if c == 0 {
		c = strings.Compare(a, b)
	}
	if na {
		c = -c
	}
	switch {
	case c < 0:
		return -1
	case c > 0:
		return 1
	}
	return 0
}

// AppendFloat appends f as JavaScript's JSON.stringify prints it: the shortest digits that read back as f,
// in plain form from 1e-6 up to below 1e21, else with an exponent.
func AppendFloat(dst []byte, f float64) []byte {
	abs := math.Abs(f)
	if abs == 0 {
		return append(dst, '0')
	}
	if abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	// Go writes at least two digits of exponent, JavaScript as few as needed.
	if n := len(dst); n >= 4 && dst[n-2] == '0' && (dst[n-3] == '-' || dst[n-3] == '+') {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

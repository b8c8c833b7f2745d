package attribute

import (
	"bytes"
	"errors"
	"strings"
)

// The key form of a value keeps the order of values, and none is the beginning of another: keys are put together of several.
// It is stored, so it never changes.
//
//	S, B: the bytes, with 00 as 00 FF, and 00 01 at the end
//	N:    80 for zero; for positive numbers 81, the exponent + 512 in two bytes, the digits by twos, each + 1, and 00;
//	      for negative ones 7F and the same with all bits turned

const (
	keyNegative = 0x7F
	keyZero     = 0x80
	keyPositive = 0x81
	pointBias   = 512
)

// AppendKey appends the key form of a value of S, N or B.
func AppendKey(dst []byte, v Value) []byte {
	if v.Kind == N {
		return appendNumberKey(dst, v.Str)
	}
	return append(AppendKeyPrefix(dst, v.Str), 0, 1)
}

// AppendKeyPrefix appends what the key forms of all texts begin with that begin with text.
func AppendKeyPrefix(dst []byte, text string) []byte {
	for {
		i := strings.IndexByte(text, 0)
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:i]...), 0, 0xFF)
		text = text[i+1:]
	}
}

func appendNumberKey(dst []byte, normal string) []byte {
	d, _ := scanDecimal(normal)
	if d.digits == "" {
		return append(dst, keyZero)
	}
	turn, first := byte(0), byte(keyPositive)
	if d.negative {
		turn, first = 0xFF, keyNegative
	}
	point := uint16(d.point + pointBias)
	dst = append(dst, first, byte(point>>8)^turn, byte(point)^turn)
	for i := 0; i < len(d.digits); i += 2 {
		pair := (d.digits[i] - '0') * 10
		if i+1 < len(d.digits) {
			pair += d.digits[i+1] - '0'
		}
		dst = append(dst, (pair+1)^turn)
	}
	return append(dst, turn)
}

var errKey = errors.New("a stored key is damaged")

// CutKey takes the key form of a value of S, N or B from the front of a key, and returns its length.
func CutKey(key []byte, kind Kind) (int, error) {
	switch {
	case kind != N:
		for i := 0; i+1 < len(key); i++ {
			if key[i] != 0 {
				continue
			}
			if key[i+1] == 1 {
				return i + 2, nil
			}
			i++
		}
	case len(key) > 0 && key[0] == keyZero:
		return 1, nil
	case len(key) > 3:
		end := byte(0)
		if key[0] == keyNegative {
			end = 0xFF
		}
		if i := bytes.IndexByte(key[3:], end); i >= 0 {
			return i + 4, nil
		}
	}
	return 0, errKey
}

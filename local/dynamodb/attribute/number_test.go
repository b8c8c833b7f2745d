package attribute

import (
	"bytes"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestNormal(t *testing.T) {
	digits38 := strings.Repeat("9", 38)
	tests := []struct{ in, want string }{
		{"0", "0"}, {"-0", "0"}, {"0.000", "0"}, {"0e999999999999", "0"}, {"00042", "42"}, {"1.0", "1"}, {"3.1400", "3.14"},
		{"1.5E2", "150"}, {"+7", "7"}, {".5", "0.5"}, {"5.", "5"}, {"-1e-3", "-0.001"}, {"100e-2", "1"}, {digits38, digits38},
		{"1E125", "1" + strings.Repeat("0", 125)}, {"1E-130", "0." + strings.Repeat("0", 129) + "1"},
		{"12345678901234567890123456789012345678000", "12345678901234567890123456789012345678000"},
		{"0.10e1", "1"}, {"1e+2", "100"},
	}
	for _, test := range tests {
		if got, err := Normal(test.in); err != nil || got != test.want {
			t.Errorf("Normal(%q) = %q, %v; want %q", test.in, got, err, test.want)
		}
	}
}

func TestNumbersThatAreRefused(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", "The parameter cannot be converted to a numeric value"},
		{"b", "The parameter cannot be converted to a numeric value: b"},
		{"NaN", "The parameter cannot be converted to a numeric value: NaN"},
		{"Infinity", "The parameter cannot be converted to a numeric value: Infinity"},
		{"1 ", "The parameter cannot be converted to a numeric value: 1 "},
		{"1e", "The parameter cannot be converted to a numeric value: 1e"},
		{"1e+-2", "The parameter cannot be converted to a numeric value: 1e+-2"},
		{"--1", "The parameter cannot be converted to a numeric value: --1"},
		{"1.2.3", "The parameter cannot be converted to a numeric value: 1.2.3"},
		{"0x10", "The parameter cannot be converted to a numeric value: 0x10"},
		{".", "The parameter cannot be converted to a numeric value: ."},
		{"123456789012345678901234567890123456789", string(errPrecision)},
		{"-1.23456789012345678901234567890123456789", string(errPrecision)},
		{"1e126", string(errOverflow)}, {"-1e126", string(errOverflow)}, {"1e99999999999999999999", string(errOverflow)},
		{"1e-131", string(errUnderflow)}, {"-1e-131", string(errUnderflow)}, {"1e-99999999999999999999", string(errUnderflow)},
	}
	for _, test := range tests {
		if got, err := Normal(test.in); err == nil || err.Error() != test.want {
			t.Errorf("Normal(%q) = %q, %v; want %q", test.in, got, err, test.want)
		}
	}
}

func TestArithmetic(t *testing.T) {
	tests := []struct{ a, op, b, want string }{
		{"1", "+", "2", "3"}, {"0.1", "+", "0.2", "0.3"}, {"-1", "+", "1", "0"}, {"1", "-", "0.001", "0.999"},
		{"10000000000000000000", "+", "0.000000000000000001", "10000000000000000000.000000000000000001"},
		{"99999999999999999999999999999999999999", "+", "1", "100000000000000000000000000000000000000"},
		{"99999999999999999999999999999999999999", "+", "0.1", string(errPrecision)},
		{"0", "-", "5", "-5"},
	}
	for _, test := range tests {
		do := Add
		if test.op == "-" {
			do = Subtract
		}
		got, err := do(test.a, test.b)
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s %s %s = %s, want %s", test.a, test.op, test.b, got, test.want)
		}
	}
	big, _ := Normal("9.9e125")
	if _, err := Add(big, big); err != errOverflow {
		t.Errorf("the sum is too large: %v", err)
	}
}

// TestNumberSize has sizes measured at AWS: a byte, and one for two digits on either side of the point, and one for the sign.
func TestNumberSize(t *testing.T) {
	for in, want := range map[string]int{"0": 1, "1": 2, "10": 2, "12": 2, "123": 3, "-1": 3, "3.14159": 5, "123456": 4, "1E125": 2, "0.001": 2} {
		normal, err := Normal(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := OfNumber(normal).Size(); got != want {
			t.Errorf("the size of %s is %d, want %d", in, got, want)
		}
	}
}

// TestNumberOrder draws numbers, and holds Compare and the key form to the order that math/big has.
func TestNumberOrder(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	var all []string
	for range 300 {
		text := []string{"", "-"}[r.IntN(2)] + randomDigits(r) + "." + randomDigits(r) + "e" + []string{"", "-"}[r.IntN(2)] + []string{"0", "1", "2", "17", "60"}[r.IntN(5)]
		if normal, err := Normal(text); err == nil {
			all = append(all, normal)
		}
	}
	for _, a := range all {
		for _, b := range all {
			x, _ := new(big.Rat).SetString(a)
			y, _ := new(big.Rat).SetString(b)
			want := x.Cmp(y)
			if got := sign(CompareNumbers(a, b)); got != want {
				t.Fatalf("CompareNumbers(%s, %s) = %d, want %d", a, b, got, want)
			}
			if got := bytes.Compare(AppendKey(nil, OfNumber(a)), AppendKey(nil, OfNumber(b))); got != want {
				t.Fatalf("the keys of %s and %s compare as %d, want %d", a, b, got, want)
			}
		}
	}
}

func sign(n int) int {
	return min(1, max(-1, n))
}

func randomDigits(r *rand.Rand) string {
	b := make([]byte, 1+r.IntN(6))
	for i := range b {
		b[i] = "0001234567899"[r.IntN(13)]
	}
	return string(b)
}

func TestKeys(t *testing.T) {
	texts := []string{"", "\x00", "\x00\x00", "\x00\x01", "\x00a", "\x01", "a", "a\x00", "a\x00b", "a\x01", "aa", "b", "é", "\xff", "\xff\xff"}
	if !slices.IsSorted(texts) {
		t.Fatal("the texts are not in order")
	}
	var last []byte
	for _, text := range texts {
		key := AppendKey(nil, OfString(text))
		if last != nil && bytes.Compare(last, key) >= 0 {
			t.Errorf("the key of %q is not after the one before", text)
		}
		if n, err := CutKey(append(slices.Clone(key), 'x'), S); err != nil || n != len(key) {
			t.Errorf("CutKey of %q = %d, %v, want %d", text, n, err, len(key))
		}
		last = key
	}
	for _, number := range []string{"0", "1", "-1", "-0.5", "99", "-99", "123456789", "1000000"} {
		key := AppendKey(nil, OfNumber(number))
		if n, err := CutKey(append(slices.Clone(key), 0, 'x'), N); err != nil || n != len(key) {
			t.Errorf("CutKey of %s = %d, %v, want %d", number, n, err, len(key))
		}
	}
	for _, bad := range []string{"", "\x00", "abc", "\x81\x02"} {
		for _, kind := range []Kind{S, N, B} {
			if _, err := CutKey([]byte(bad), kind); err == nil {
				t.Errorf("CutKey(%q, %v) is no error", bad, kind)
			}
		}
	}
}

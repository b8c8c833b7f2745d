package query

import (
	"strings"
	"unicode/utf8"
)

// Upper and lower case are the same where texts are looked into: those of ASCII alone, which needs no second copy of a
// payload.

// fold returns a text with its ASCII letters in lower case.
func fold(text string) string { return string(appendFolded(nil, text)) }

func appendFolded(dst []byte, text string) []byte {
	for i := range len(text) {
		dst = append(dst, lower(text[i]))
	}
	return dst
}

func lower(c byte) byte {
	if c-'A' < 26 {
		return c | 0x20
	}
	return c
}

func hasPrefixFold(text, folded string) bool {
	return len(text) >= len(folded) && equalFold(text[:len(folded)], folded)
}

func equalFold(text, folded string) bool {
	for i := range len(folded) {
		if lower(text[i]) != folded[i] {
			return false
		}
	}
	return true
}

// contains reports whether a text has a part, which is folded, in it.
func contains(text, folded string) bool {
	if folded == "" {
		return true
	}
	at := rarest(folded)
	low := folded[at]
	up := low
	if low-'a' < 26 {
		up = low &^ 0x20
	}
	end := len(text) - len(folded) + at + 1 // one after the last place where that byte may stand
	nextLow, nextUp := -1, -1
	for i := at; i < end; i++ {
		if nextLow < i {
			nextLow = indexFrom(text, low, i, end)
		}
		if up != low && nextUp < i {
			nextUp = indexFrom(text, up, i, end)
		}
		i = nextLow
		if up != low {
			i = min(i, nextUp)
		}
		if i >= end {
			return false
		}
		if equalFold(text[i-at:i-at+len(folded)], folded) {
			return true
		}
	}
	return false
}

func indexFrom(text string, c byte, from, end int) int {
	if i := strings.IndexByte(text[from:end], c); i >= 0 {
		return from + i
	}
	return end
}

// common are the bytes that JSON texts have most of, the commonest first.
const common = "\"e, atinosr:lducmp0123456789_-h{}gfybw.v"

// rarest returns the place of the byte that is likely to be the rarest in other texts.
func rarest(folded string) int {
	best, rank := 0, -1
	for i := range len(folded) {
		r := strings.IndexByte(common, folded[i])
		if r < 0 {
			r = len(common)
		}
		if folded[i] >= utf8.RuneSelf {
			r = len(common) - 1
		}
		if r > rank {
			best, rank = i, r
		}
	}
	return best
}

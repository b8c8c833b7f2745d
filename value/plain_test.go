package value

import (
	"strings"
	"testing"
)

// TestPlainLen puts every byte at every place of strings around the length of a word.

func BenchmarkAppendQuoted(b *testing.B) {
	for name, s := range map[string]string{
		"word":  "executionArn",
		"plain": strings.Repeat("lorem ipsum ", 40),
		"json":  strings.Repeat(`{"id":12345,"name":"abc","tags":["x","y"]},`, 12),
		"ä":     strings.Repeat("äöü und ß ", 40),
	} {
		b.Run(name, func(b *testing.B) {
			var dst []byte
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				dst = AppendQuoted(dst[:0], s)
			}
		})
	}
}

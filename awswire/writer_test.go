package awswire

import (
	"strings"
	"testing"
	"time"
)

func TestWriter(t *testing.T) {
	w := Writer{[]byte{'{'}}
	w.Str("s", "a\"b")
	w.StrIf("none", "")
	w.StrIf("some", "x")
	w.StrPtr("nil", nil)
	empty := ""
	w.StrPtr("empty", &empty)
	w.Int("i", -3)
	w.Bool("b", true)
	w.Time("t", time.UnixMilli(1_500))
	w.Open("list", '[')
	w.Open("", '{')
	w.Close('}')
	w.Open("", '{')
	w.Str("k", "{")
	w.Str("l", "[")
	w.Close('}')
	w.Raw(func(dst []byte) []byte { return append(dst, `"raw"`...) })
	w.Close(']')
	w.Open("a \"name\"", '[')
	w.StrElem("x")
	w.StrElem("")
	w.Close(']')
	w.Open("empty", '[')
	w.Close(']')
	w.Close('}')
	const want = `{"s":"a\"b","some":"x","empty":"","i":-3,"b":true,"t":1.5,"list":[{},{"k":"{","l":"["},"raw"],"a \"name\"":["x",""],"empty":[]}`
	if got := string(w.Bytes()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAppendTime(t *testing.T) {
	for ms, want := range map[int64]string{
		0: "0", 1: "0.001", 10: "0.01", 100: "0.1", 1000: "1", 1_767_225_600_250: "1767225600.25", 123_456_789_012: "123456789.012",
		-1: "-0.001", -1500: "-1.5", -2000: "-2",
	} {
		if got := string(AppendTime([]byte("x"), ms)); strings.TrimPrefix(got, "x") != want {
			t.Errorf("AppendTime(%d) = %s, want %s", ms, got, want)
		}
	}
}

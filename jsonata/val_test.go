package jsonata

import (
	"strings"
	"testing"
	"unsafe"
)

// TestValSize: a val that outgrows four words leaves the registers, and everything takes three times as long.
func TestValSize(t *testing.T) {
	if word := unsafe.Sizeof(uintptr(0)); word == 8 && unsafe.Sizeof(val{}) > 4*word {
		t.Errorf("a val takes %d bytes, want at most %d", unsafe.Sizeof(val{}), 4*word)
	}
}

func TestValText(t *testing.T) {
	long := strings.Repeat("é", 1000)
	for _, s := range []string{"", "a", long, long[1:1], long[2:]} {
		if got := stringVal(s).text(); got != s {
			t.Errorf("%q is held as %q", s, got)
		}
	}
	if v := fromNumber("9007199254740993", AWS); v.text() != "9007199254740993" || v.num != 9007199254740992 {
		t.Errorf("an integer beyond float64 is held as %q and %v", v.text(), v.num)
	}
	for _, v := range []val{undefined, nullVal, trueVal, numberVal(1), elemsVal(nil)} {
		if v.text() != "" {
			t.Errorf("a val of tag %d has the text %q", v.tag, v.text())
		}
	}
}

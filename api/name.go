package api

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/statelark/statelark"
)

// forbidden are the ASCII characters that no name may have; white space and controls come on top.
const forbidden = "<>{}[]?*\"#%\\^|~`$&,;:/"

// checkName tells whether n, whose length is right, may be the name of a state machine, an execution, an
// activity or a worker.
func checkName(n string) error {
	for _, r := range n {
		if isForbidden(r) {
			return statelark.Errorf(statelark.CodeInvalidName, "Invalid Name: '%s'", n)
		}
	}
	return nil
}

func isForbidden(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == 0x7F || strings.IndexByte(forbidden, byte(r)) >= 0
	}
	switch {
	case r <= 0x9F: // controls
	case r == 0xFFFE, r == 0xFFFF, r == unicode.MaxRune:
	case r == utf8.RuneError: // what a lone surrogate has become
	default:
		return unicode.IsSpace(r)
	}
	return true
}

package asl

import (
	"strings"
	"time"
)

// isTimestamp reports whether text is an RFC 3339 timestamp with an upper-case T and a zone, the Z upper-case.
func isTimestamp(text string) bool {
	if strings.ContainsAny(text, "tz") {
		return false
	}
	_, err := time.Parse(time.RFC3339Nano, text)
	return err == nil
}

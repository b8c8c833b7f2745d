//go:build testclock

package main

import (
	"os"
	"strings"
	"time"
)

// wallClock is a clock that tests set: it goes wrong by the duration in the file that STATELARK_TEST_CLOCK names.
func wallClock() time.Time {
	text, err := os.ReadFile(os.Getenv("STATELARK_TEST_CLOCK"))
	if err != nil {
		return time.Now()
	}
	wrong, err := time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil {
		panic(err)
	}
	return time.Now().Add(wrong).Round(0)
}

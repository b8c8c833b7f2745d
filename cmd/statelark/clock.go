//go:build !testclock

package main

import "time"

// wallClock is the clock of the wall.
func wallClock() time.Time { return time.Now() }

package query

import "time"

// Matches is a condition's matches, for tests.
func (c *Cond) Matches(d *Document, now time.Time) bool { return c.matches(d, now) }

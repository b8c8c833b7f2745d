package pebblestore

import "time"

// Tests do not wait long for an error on a table to be handed on.
func init() { retryPause = time.Millisecond }

// SetMaxNoted changes how many rows of an execution are noted.
func SetMaxNoted(n int) (restore func()) {
	old := maxNoted
	maxNoted = n
	return func() { maxNoted = old }
}

// Noted has the store note at once what was synced.
func (s *Store) Noted() { s.disk.extents.note() }

package pebblestore

import "time"

// Tests do not wait long for an error on a table to be handed on.
func init() { retryPause = time.Millisecond }

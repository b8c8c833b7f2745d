package memstore_test

import (
	"testing"
	"time"

	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/storetest"
)

func TestLaw(t *testing.T) {
	storetest.Run(t, func(testing.TB) *storetest.Subject {
		now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
		s := memstore.New()
		s.Now = func() time.Time { return now }
		return &storetest.Subject{Store: s, Advance: func(d time.Duration) { now = now.Add(d) }}
	})
}

package statelark

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestExecIDAsUUID(t *testing.T) {
	at := time.UnixMilli(1_767_225_600_123)
	ids := []ExecID{{}, NewExecID(at, 0, 0), NewExecID(at, Shards-1, math.MaxUint64), NewExecID(at, 0x5A, 0x0123_4567_89AB_CDEF)}
	for range 1000 {
		ids = append(ids, NewExecID(at, rand.N[ShardID](Shards), rand.Uint64()))
	}
	for _, id := range ids {
		text := id.UUID()
		u, err := uuid.Parse(text)
		if err != nil || u.Version() != 7 || u.Variant() != uuid.RFC4122 {
			t.Fatalf("%s is of version %v, variant %v: %v", text, u.Version(), u.Variant(), err)
		}
		if back, ok := ParseUUID(text); !ok || back != id {
			t.Fatalf("%s became %s, and that %s, %v", id, text, back, ok)
		}
	}
	for _, text := range []string{"", "x", "0f1e2d3c-0000-0000-0000-000000000000", "0F1E2D3C-0000-7000-8000-000000000000",
		"019b7a1e-0c7b-75a0-8123-456789abcdee", "019b7a1e-0c7b-75a0-8123-456789abcdeg", "019b7a1e00c7b-75a0-8123-456789abcdec"} {
		if id, ok := ParseUUID(text); ok {
			t.Errorf("ParseUUID(%q) = %s", text, id)
		}
	}
}

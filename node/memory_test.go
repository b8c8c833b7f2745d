package node

import "testing"

func TestCollectAt(t *testing.T) {
	for _, test := range []struct {
		live int64
		want int
	}{{0, 400}, {10e6, 400}, {100e6, 400}, {128e6, 300}, {256e6, 100}, {400e6, 50}, {900e6, 50}} {
		if got := collectAt(test.live, 512e6); got != test.want {
			t.Errorf("%d bytes in use: %d %%, want %d", test.live, got, test.want)
		}
	}
}

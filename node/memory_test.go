package node

import "testing"

func TestCollectAt(t *testing.T) {
	for _, test := range []struct {
		live int64
		want int
	}{{0, 400}, {10e6, 400}, {75e6, 400}, {96e6, 300}, {192e6, 100}, {300e6, 50}, {900e6, 50}} {
		if got := collectAt(test.live, 512e6); got != test.want {
			t.Errorf("%d bytes in use: %d %%, want %d", test.live, got, test.want)
		}
	}
}

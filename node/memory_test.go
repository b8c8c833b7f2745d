package node

import "testing"

func TestLimit(t *testing.T) {
	for _, test := range []struct{ live, other, want int64 }{{0, 0, 224}, {100, 20, 224}, {160, 16, 224}, {200, 20, 270}, {900, 50, 1175}} {
		if got := (heap{live: test.live, other: test.other}).limit(256); got != test.want {
			t.Errorf("%d in use and %d beside: %d, want %d", test.live, test.other, got, test.want)
		}
	}
}

func TestRests(t *testing.T) {
	const mb = 1 << 20
	before := heap{allocated: 1000 * mb}
	for _, test := range []struct {
		what string
		now  heap
		want bool
	}{
		{"at work", heap{live: 20 * mb, held: 200 * mb, allocated: 1001 * mb}, false},
		{"at rest, with garbage", heap{live: 20 * mb, held: 200 * mb, allocated: 1000 * mb}, true},
		{"at rest, with little", heap{live: 20 * mb, held: 60 * mb, allocated: 1000 * mb}, false},
		{"at rest, and all in use", heap{live: 200 * mb, held: 300 * mb, allocated: 1000 * mb}, false},
	} {
		if got := test.now.rests(before); got != test.want {
			t.Errorf("%s: %v", test.what, got)
		}
	}
}

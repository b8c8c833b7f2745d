package process

import "testing"

func TestMarks(t *testing.T) {
	for mark, want := range map[string]bool{
		ServerMark() + "x": false, "": false, "a.b.c.d": false, namespace() + ".1.0.x": true, namespace() + ".4194304.5.x": true,
		"1" + namespace() + ".4194304.5.x": false, namespace() + ".4194304.5": false,
	} {
		if got := look().orphaned(mark); got != want {
			t.Errorf("the server of %q is no more: %v", mark, got)
		}
	}
}

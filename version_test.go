package statelark

import "testing"

func TestVersionNumber(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "1000": 1000, "": 0, "0": 0, "01": 0, "-1": 0, "+1": 0, "1a": 0, "PROD": 0, "99999999999999999999": 0} {
		if n, ok := VersionNumber(text); ok != (want > 0) || ok && n != want {
			t.Errorf("VersionNumber(%q) = %d, %v", text, n, ok)
		}
	}
}

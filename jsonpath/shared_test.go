package jsonpath

import (
	"os"
	"path/filepath"
	"testing"
)

// shared returns the path of a file or folder beside the repository. Where there is none the test is skipped,
// unless STATELARK_REQUIRE_SHARED asks for all evidence.
func shared(t *testing.T, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "shared"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("STATELARK_REQUIRE_SHARED") == "1" {
			t.Fatalf("finding the evidence: %v", err)
		}
		t.Skipf("no evidence here: %v", err)
	}
	return path
}

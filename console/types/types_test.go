package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFresh wants the types that the front end has to be those of the Go structs.
func TestFresh(t *testing.T) {
	const root = "../.."
	files, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is stale; run go run ./console/types", name)
		}
	}
}

package main

import "testing"

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "12B": 12, "512MB": 512e6, "512 MB": 512e6, "1GiB": 1 << 30, "3KiB": 3 << 10, "2kB": 2000, "64MiB": 64 << 20, "2GB": 2e9,
	} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "MB", "-1MB", "0", "1.5GB", "1TBB", "lots", "99999999999GB"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q is %d, want an error", text, got)
		}
	}
}

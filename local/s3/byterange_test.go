package s3

import (
	"strings"
	"testing"
	"time"
)

func TestParseRange(t *testing.T) {
	for _, c := range []struct {
		text string
		size int64
		want byteRange
		ok   bool
		sat  bool
	}{
		{"bytes=0-0", 10, byteRange{0, 1}, true, true},
		{"bytes=2-5", 10, byteRange{2, 4}, true, true},
		{"bytes=5-", 10, byteRange{5, 5}, true, true},
		{"bytes=5-99999999999999999999", 10, byteRange{5, 5}, true, true},
		{"bytes=-3", 10, byteRange{7, 3}, true, true},
		{"bytes=-30", 10, byteRange{0, 10}, true, true},
		{"bytes= 1-2", 10, byteRange{}, false, true}, // a blank is in no range
		{"bytes=1 -2", 10, byteRange{}, false, true},
		{"bytes= -1", 10, byteRange{}, false, true},
		{"bytes=10-", 10, byteRange{}, true, false},
		{"bytes=99999999999999999999-", 10, byteRange{}, true, false},
		{"bytes=-0", 10, byteRange{10, 0}, true, false},
		{"bytes=0-", 0, byteRange{}, true, false},
		{"bytes=-5", 0, byteRange{}, true, false},
		{"bytes=0-1,3-4", 10, byteRange{}, false, true},
		{"bytes=5-2", 10, byteRange{}, false, true},
		{"bytes=", 10, byteRange{}, false, true},
		{"bytes=-", 10, byteRange{}, false, true},
		{"bytes=+1-2", 10, byteRange{}, false, true},
		{"bytes=1-x", 10, byteRange{}, false, true},
		{"lines=1-2", 10, byteRange{}, false, true},
		{"1-2", 10, byteRange{}, false, true},
	} {
		r, ok, sat := parseRange(c.text, c.size)
		if ok != c.ok || sat != c.sat || ok && sat && r != c.want {
			t.Errorf("%q of %d: %v %v %v, want %v %v %v", c.text, c.size, r, ok, sat, c.want, c.ok, c.sat)
		}
	}
}

// A range that is given has at least one byte, all of them in the object.
func FuzzParseRange(f *testing.F) {
	for _, text := range []string{"bytes=0-1", "bytes=-1", "bytes=9-", "bytes=1-2,3-4", "bytes=--1", "bytes=18446744073709551615-"} {
		f.Add(text, int64(10))
	}
	f.Fuzz(func(t *testing.T, text string, size int64) {
		if size < 0 {
			return
		}
		r, ok, sat := parseRange(text, size)
		if ok && sat && (r.first < 0 || r.length < 1 || r.first > size-r.length) {
			t.Errorf("%q of %d: %v", text, size, r)
		}
		if !ok && !sat {
			t.Errorf("%q of %d is overlooked and refused", text, size)
		}
		if c, valid, within := copyRange(text, size); valid && within && (c.first < 0 || c.length < 1 || c.first > size-c.length) {
			t.Errorf("copying %q of %d: %v", text, size, c)
		}
	})
}

// The conditions of a read, in each combination: RFC 9110 says which one counts.
func TestConditions(t *testing.T) {
	at := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	now := at.Add(time.Hour)
	v := &version{ETag: "e", Modified: at.UnixMilli() + 500}
	for _, c := range []struct {
		name      string
		c         conditions
		want      string
		unchanged bool
	}{
		{"none", conditions{}, "", false},
		{"match", conditions{match: `"e"`, matchSet: true}, "", false},
		{"one of a list", conditions{match: `"x", W/"e"`, matchSet: true}, "", false},
		{"any", conditions{match: "*", matchSet: true}, "", false},
		{"other", conditions{match: "x", matchSet: true}, "If-Match", false},
		{"match counts more than the time", conditions{match: "e", matchSet: true, unmodified: at.Add(-time.Hour), unmodifySet: true}, "", false},
		{"changed since", conditions{unmodified: at.Add(-time.Second), unmodifySet: true}, "If-Unmodified-Since", false},
		{"not changed since", conditions{unmodified: at, unmodifySet: true}, "", false},
		{"none match", conditions{noneMatch: "e", noneMatchSet: true}, "If-None-Match", true},
		{"none match counts more than the time", conditions{noneMatch: "x", noneMatchSet: true, modified: at, modifiedSet: true}, "", false},
		{"not modified", conditions{modified: at, modifiedSet: true}, "If-Modified-Since", true},
		{"modified", conditions{modified: at.Add(-time.Second), modifiedSet: true}, "", false},
		{"a time to come is overlooked", conditions{modified: now.Add(time.Hour), modifiedSet: true}, "", false},
		{"the first that fails", conditions{match: "x", matchSet: true, noneMatch: "e", noneMatchSet: true}, "If-Match", false},
	} {
		if got, unchanged := c.c.failed(v, now); got != c.want || unchanged != c.unchanged {
			t.Errorf("%s: %q %v, want %q %v", c.name, got, unchanged, c.want, c.unchanged)
		}
	}
}

func FuzzMatches(f *testing.F) {
	f.Add(`"a", "b"`, "b")
	f.Fuzz(func(t *testing.T, list, etag string) {
		if strings.ContainsAny(etag, `", `) || etag == "" || strings.TrimSpace(etag) != etag {
			return
		}
		if !matches(list+`,"`+etag+`"`, etag) {
			t.Errorf("%q in %q", etag, list)
		}
	})
}

func FuzzCopySource(f *testing.F) {
	f.Add("/bucket/key%20x?versionId=1")
	f.Fuzz(func(t *testing.T, text string) {
		if bucket, key, _, ok := parseCopySource(text); ok && (bucket == "" || key == "" || strings.Contains(bucket, "/")) {
			t.Errorf("%q: bucket %q, key %q", text, bucket, key)
		}
	})
}

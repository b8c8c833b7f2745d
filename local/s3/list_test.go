package s3

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
	"pgregory.net/rapid"
)

// entries is a page, and what of it: keys, and common prefixes with a mark before them.
func entries(page input, list string) []string {
	var all []string
	for _, e := range page.list(list) {
		key := input{e}.str("Key")
		if id := (input{e}).str("VersionId"); id != "" {
			key += "@" + id
		}
		all = append(all, key)
	}
	for _, e := range page.list("CommonPrefixes") {
		all = append(all, "group "+input{e}.str("Prefix"))
	}
	return all
}

// wanted is a list by its definition.
func wanted(keys []string, prefix, delimiter, after string) []string {
	var all []string
	for _, key := range keys {
		if !strings.HasPrefix(key, prefix) || key <= after {
			continue
		}
		if i := strings.Index(key[len(prefix):], delimiter); delimiter != "" && i >= 0 {
			group := key[:len(prefix)+i+len(delimiter)]
			if group == after { // it is not after itself, as a Marker that is a group says
				continue
			}
			key = "group " + group
		}
		if !slices.Contains(all, key) {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return all
}

// TestListLaw holds lists, in pages of any size, to their definition; versions and delete markers lie among the keys.
func TestListLaw(t *testing.T) {
	name := rapid.StringMatching(`[ab/.é\x00]{1,4}`)
	n := 0
	b := start(t, "")
	rapid.Check(t, func(r *rapid.T) {
		n++
		bkt := fmt.Sprintf("bucket-%d", n)
		b.do("CreateBucket", `{"Bucket":"`+bkt+`"}`)
		b.do("PutBucketVersioning", `{"Bucket":"`+bkt+`","VersioningConfiguration":{"Status":"Enabled"}}`)
		keys := rapid.SliceOfNDistinct(name, 0, 12, rapid.ID[string]).Draw(r, "keys")
		var there []string
		for _, key := range keys {
			at := fmt.Sprintf(`{"Bucket":%q,"Key":%s}`, bkt, value.FromString(key).Text())
			for range rapid.IntRange(1, 2).Draw(r, "versions") {
				b.do("PutObject", at)
			}
			if rapid.Bool().Draw(r, "deleted") {
				b.do("DeleteObject", at)
			} else {
				there = append(there, key)
			}
		}
		slices.Sort(there)
		prefix := rapid.OneOf(rapid.Just(""), name).Draw(r, "prefix")
		delimiter := rapid.SampledFrom([]string{"", "/", "a", "é"}).Draw(r, "delimiter")
		after := rapid.OneOf(rapid.Just(""), name).Draw(r, "after")
		size := rapid.IntRange(1, 4).Draw(r, "size")
		ask := func(more ...value.Member) string {
			all := []value.Member{{Key: "Bucket", Value: value.FromString(bkt)}, {Key: "Prefix", Value: value.FromString(prefix)},
				{Key: "Delimiter", Value: value.FromString(delimiter)}, {Key: "MaxKeys", Value: value.FromInt(int64(size))}}
			return value.NewObject(append(all, more...)).Compact()
		}
		var got []string
		page := b.do("ListObjectsV2", ask(value.Member{Key: "StartAfter", Value: value.FromString(after)}))
		for {
			got = append(got, entries(page, "Contents")...)
			if !page.flag("IsTruncated") {
				break
			}
			if page.int("KeyCount") != int64(size) {
				r.Fatalf("a page of %d with more to come", page.int("KeyCount"))
			}
			page = b.do("ListObjectsV2", ask(value.Member{Key: "ContinuationToken", Value: page.get("NextContinuationToken")}))
		}
		slices.Sort(got)
		if want := wanted(there, prefix, delimiter, after); !slices.Equal(got, want) {
			r.Fatalf("keys %q prefix %q delimiter %q after %q by %d: %q, want %q", there, prefix, delimiter, after, size, got, want)
		}
		versionsLaw(r, b, bkt, ask)
	})
}

// versionsLaw holds pages of versions to the list in one piece.
func versionsLaw(r *rapid.T, b *bench, bkt string, ask func(more ...value.Member) string) {
	whole := b.do("ListObjectVersions", strings.Replace(ask(), `"MaxKeys"`, `"_"`, 1))
	want := append(entries(whole, "Versions"), entries(input{whole.doc.With("CommonPrefixes", value.NewArray(nil))}, "DeleteMarkers")...)
	var got []string
	page := b.do("ListObjectVersions", ask())
	for {
		got = append(got, entries(page, "Versions")...)
		got = append(got, entries(input{page.doc.With("CommonPrefixes", value.NewArray(nil))}, "DeleteMarkers")...)
		if !page.flag("IsTruncated") {
			break
		}
		next := []value.Member{{Key: "KeyMarker", Value: page.get("NextKeyMarker")}}
		if page.has("NextVersionIdMarker") {
			next = append(next, value.Member{Key: "VersionIdMarker", Value: page.get("NextVersionIdMarker")})
		}
		page = b.do("ListObjectVersions", ask(next...))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		r.Fatalf("versions of %s by pages: %q, want %q", bkt, got, want)
	}
}

// TestNames says that rows of keys are in the order of the keys, and that none is the beginning of another.
func TestNames(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringMatching(`[\x00\x01ab\xC3\xBF]{0,5}`)
		x, y := text.Draw(r, "x"), text.Draw(r, "y")
		rowX, rowY := appendName(nil, x), appendName(nil, y)
		if strings.Compare(x, y) != strings.Compare(string(rowX), string(rowY)) {
			r.Fatalf("%q and %q: rows %q and %q", x, y, rowX, rowY)
		}
		if x != y && strings.HasPrefix(string(rowX), string(rowY)) {
			r.Fatalf("the row of %q begins with that of %q", x, y)
		}
		if got, rest := cutName(append(rowX, "more"...)); got != x || string(rest) != "more" {
			r.Fatalf("%q comes back as %q, %q", x, got, rest)
		}
	})
}

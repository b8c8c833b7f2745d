package items_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/statelark/statelark/items"
	"github.com/statelark/statelark/s3"
)

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.WriteString(w, text)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

func zstandard(t testing.TB, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(text), nil))
}

// dataset is one of each form, of n items, and how to read it. The items are the words in them.
type dataset struct {
	name  string
	files map[string]string
	spec  items.Spec
}

// datasets makes a data set of each form and packing, whose items have the words.
func datasets(t testing.TB, words []string) []dataset {
	t.Helper()
	quoted := make([]string, len(words))
	members := make([]string, len(words))
	rows := make([]numbered, len(words))
	for i, word := range words {
		quoted[i] = fmt.Sprintf("%q", word)
		members[i] = fmt.Sprintf("%q : {\"w\" : %q}", fmt.Sprint(i), word)
		rows[i].N = int64(i)
	}
	csv := "\xef\xbb\xbfi,word\r\n"
	for i, q := range quoted {
		csv += fmt.Sprintf("%d,\"%s\n\"\r\n", i, strings.Trim(q, `"`))
	}
	array := "[ " + strings.Join(quoted, " , ") + " ]"
	jsonl := strings.Join(quoted, "\n")
	object := `{"a":[{"b":{` + strings.Join(members, ",") + `}}]}`
	pointed := spec(items.JSON, "")
	pointed.ItemsPointer = "/a/0/b"
	var all []dataset
	for _, form := range []struct {
		name, text string
		spec       items.Spec
	}{
		{"csv", csv, spec(items.CSV, "")}, {"json", array, spec(items.JSON, "")},
		{"jsonl", jsonl, spec(items.JSONL, "")}, {"object", object, pointed},
	} {
		for suffix, text := range map[string]string{"": form.text, ".gz": gzipped(t, form.text), ".zst": zstandard(t, form.text)} {
			one := dataset{form.name + suffix, map[string]string{"a" + suffix: text}, form.spec}
			one.spec.Key = "a" + suffix
			all = append(all, one)
		}
	}
	all = append(all, dataset{"parquet", map[string]string{"a": parquetFile(t, 3, nil, rows...)}, spec(items.Parquet, "a")})
	return append(all, nested(t, words, csv)...)
}

// nested are the data sets of several objects.
func nested(t testing.TB, words []string, csv string) []dataset {
	t.Helper()
	objects, uris := map[string]string{}, ""
	for i, word := range words {
		key := fmt.Sprintf("p/%02d/%d.jsonl", i%7, i)
		objects[key] = fmt.Sprintf("%q\n%q\n", word, word)
		uris += "s3://data/" + key + "\n"
	}
	list := items.Spec{Resource: items.ListObjectsV2, Bucket: "data", Prefix: "p/"}
	flat := list
	flat.Transformation, flat.InputType = items.LoadAndFlatten, items.JSONL
	unload := map[string]string{"manifest.csv": uris}
	for key, text := range objects {
		unload[key] = text
	}
	athena := spec(items.JSONL, "manifest.csv")
	athena.ManifestType = items.AthenaData
	inventory := spec(items.Manifest, "inv/manifest.json")
	_, rows, _ := strings.Cut(csv, "\n")
	return []dataset{
		{"list", objects, list}, {"flattened", objects, flat}, {"athena", unload, athena},
		{"inventory", map[string]string{
			"inv/manifest.json":   `{"destinationBucket":"arn:aws:s3:::data","fileFormat":"CSV","fileSchema":"Bucket, Key","files":[{"key":"inv/data/1.csv.gz"},{"key":"inv/data/2.csv"}]}`,
			"inv/data/1.csv.gz":   gzipped(t, rows),
			"inv/data/2.csv":      rows,
			"inv/data/3.csv":      "not,named\n",
			"inv/manifest.chksum": "",
		}, inventory},
	}
}

// TestCursorLaw reads some items of each data set in pages of some size and the rest from the cursor, with other
// pages: it must be what one reading gives.
func TestCursorLaw(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-z ,;é😀\]\}]{0,9}`), 0, 12).Draw(r, "words")
		first, second := rapid.IntRange(1, 5).Draw(r, "first"), rapid.IntRange(1, 5).Draw(r, "second")
		for _, d := range datasets(t, words) {
			limit := rapid.Int64Range(0, 15).Draw(r, "MaxItems")
			d.spec.MaxItems = limit
			store := memory(d.files)
			want, err := read(t, store, d.spec)
			if err != nil {
				r.Fatalf("%s: %v", d.name, err)
			}
			checkSize(r, d, words, limit, len(want))
			for k := 0; k <= len(want); k += first {
				got := resumed(r, t, store, d.spec, k, first, second)
				if diff := cmp.Diff(want, got); diff != "" {
					r.Fatalf("%s, resumed after %d: %s", d.name, k, diff)
				}
			}
		}
	})
}

// checkSize holds a data set to the number of its items.
func checkSize(r *rapid.T, d dataset, words []string, limit int64, got int) {
	want := len(words)
	switch d.name {
	case "flattened", "athena", "inventory":
		want *= 2
	}
	if limit > 0 {
		want = min(want, int(limit))
	}
	if got != want {
		r.Fatalf("%s has %d items, want %d", d.name, got, want)
	}
}

// resumed reads k items in pages of size first, and what follows from the cursor in pages of size second.
func resumed(r *rapid.T, t testing.TB, store s3.Store, spec items.Spec, k, first, second int) []string {
	ctx := context.Background()
	source, err := items.Open(ctx, store, spec, nil, nil)
	if err != nil {
		r.Fatal(err)
	}
	defer source.Close()
	var all []string
	for len(all) < k {
		page, err := source.Next(ctx, min(first, k-len(all)))
		if err != nil {
			r.Fatal(err)
		}
		for _, item := range page {
			text := item.Value.Text()
			if item.Keyed {
				text = item.Key + "=" + text
			}
			all = append(all, text)
		}
	}
	again, err := items.Open(ctx, store, spec, source.Cursor(), nil)
	if err != nil {
		r.Fatal(err)
	}
	defer again.Close()
	rest, err := texts(t, again, second)
	if err != nil {
		r.Fatal(err)
	}
	return append(all, rest...)
}

var update = flag.Bool("update", false, "write the golden cursors")

// TestGoldenCursors goes on from cursors that an earlier build made, one of each form, in the middle of ten items.
func TestGoldenCursors(t *testing.T) {
	var words []string
	for i := range 10 {
		words = append(words, fmt.Sprintf("w%d", i))
	}
	for _, d := range datasets(t, words) {
		path := filepath.Join("testdata", "cursors", "v1-"+d.name)
		store := bucket(t, d.files)
		source, err := items.Open(context.Background(), store, d.spec, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.Next(context.Background(), 5); err != nil {
			t.Fatal(err)
		}
		now := withoutETags(string(source.Cursor()))
		if *update {
			if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all, err := read(t, store, d.spec)
		if err != nil {
			t.Fatal(err)
		}
		again, err := items.Open(context.Background(), store, d.spec, golden, nil)
		if err != nil {
			t.Fatalf("%s: %v", d.name, err)
		}
		rest, err := texts(t, again, 100)
		if err != nil || !slices.Equal(rest, all[5:]) {
			t.Errorf("%s: %q, %v, want %q", d.name, rest, err, all[5:])
		}
	}
}

// withoutETags takes the ETags, which tell when a test made its files, out of a cursor.
func withoutETags(cursor string) string {
	for {
		before, after, found := strings.Cut(cursor, `,"e":"`)
		if !found {
			return cursor
		}
		_, after, _ = strings.Cut(after[len(`\"`):], `\""`)
		cursor = before + after
	}
}

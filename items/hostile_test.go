package items_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/statelark/statelark/items"
	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/s3/directory"
	"github.com/statelark/statelark/value"
)

// peak calls do, which calls back now and then, and returns by how many bytes the heap in use was larger than before.
func peak(do func(look func())) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools hold goes with the second
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, uint64(0)
	do(func() {
		runtime.GC()
		runtime.ReadMemStats(&m)
		if m.HeapAlloc > before {
			most = max(most, m.HeapAlloc-before)
		}
	})
	return most
}

// count reads a data set to its end, in pages of 1,000.
func count(t testing.TB, store s3.Store, spec items.Spec, look func()) int {
	t.Helper()
	source, err := items.Open(context.Background(), store, spec, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	n := 0
	for pages := 0; ; pages++ {
		page, err := source.Next(context.Background(), 1000)
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n += len(page)
		if look != nil && pages%100 == 50 {
			look()
		}
	}
}

// TestAMillionItems reads a million items of each form and holds what is live meanwhile.
func TestAMillionItems(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n /= 10
	}
	var csv, array, jsonl bytes.Buffer
	csv.WriteString("id,name,note\n")
	array.WriteString("[")
	for i := range n {
		fmt.Fprintf(&csv, "%d,name %d,\"a, b\"\n", i, i)
		fmt.Fprintf(&jsonl, "{\"id\":%d,\"name\":\"name %d\"}\n", i, i)
		if i > 0 {
			array.WriteByte(',')
		}
		fmt.Fprintf(&array, "{\"id\":%d,\"name\":\"name %d\"}", i, i)
	}
	array.WriteString("]")
	files := map[string]string{
		"a.csv": csv.String(), "a.json": array.String(), "a.jsonl.gz": gzipped(t, jsonl.String()), "a.csv.zst": zstandard(t, csv.String()),
		"a.parquet": parquetFile(t, 100_000, nil, rowsOf(n)...),
	}
	store := bucket(t, files)
	clear(files)
	csv, array, jsonl = bytes.Buffer{}, bytes.Buffer{}, bytes.Buffer{}
	for key, form := range map[string]items.InputType{
		"a.csv": items.CSV, "a.json": items.JSON, "a.jsonl.gz": items.JSONL, "a.csv.zst": items.CSV, "a.parquet": items.Parquet,
	} {
		t.Run(key, func(t *testing.T) {
			used := peak(func(look func()) {
				if got := count(t, store, spec(form, key), look); got != n {
					t.Errorf("%d items", got)
				}
			})
			t.Logf("%d KiB", used>>10)
			if used > 12<<20 {
				t.Errorf("%d bytes were in use", used)
			}
		})
	}
}

// cause opens and reads a data set and returns why it failed, with the items before.
func cause(t testing.TB, store s3.Store, spec items.Spec) (int, string) {
	t.Helper()
	source, err := items.Open(context.Background(), store, spec, nil, nil)
	n := 0
	if err == nil {
		defer source.Close()
		for err == nil {
			var page []items.Item
			page, err = source.Next(context.Background(), 100)
			n += len(page)
		}
	}
	var known *items.Error
	if !errors.As(err, &known) {
		t.Errorf("error %v, which is none of a reader", err)
		return n, ""
	}
	return n, known.Cause
}

func TestGiantItems(t *testing.T) {
	const most = items.MaxItemBytes
	for name, test := range map[string]struct {
		form  items.InputType
		begin string
		fill  string
		end   string
		fails bool
	}{
		"json":             {items.JSON, `[1,"`, strings.Repeat("x", most), `",2]`, true},
		"json that fits":   {items.JSON, `[1,"`, strings.Repeat("x", most-2), `",2]`, false},
		"open json":        {items.JSON, `[1,"`, strings.Repeat("x", 4*most), ``, true},
		"open arrays":      {items.JSON, `[1,`, strings.Repeat("[", most), ``, true},
		"line":             {items.JSONL, "1\n\"", strings.Repeat("x", most), "\"\n2", true},
		"line that fits":   {items.JSONL, "1\n\"", strings.Repeat("x", most-3), "\"\n2", false},
		"row":              {items.CSV, "a,b\n1,1\n", strings.Repeat("x,", most/2), "\n", true},
		"row that fits":    {items.CSV, "a,b\n1,1\n", strings.Repeat("x,", most/2-1), "\n2,2\n", false},
		"quotes":           {items.CSV, "a,b\n1,1\n\"", strings.Repeat("x\n", most), "\"\n", true},
		"header":           {items.CSV, "", strings.Repeat("x", 11<<10), "\n1\n", true},
		"deep json":        {items.JSON, "[1,", strings.Repeat("[", 2000) + strings.Repeat("]", 2000), "]", true},
		"key":              {items.JSON, `{"1":1,"`, strings.Repeat("x", most), `":1}`, true},
		"escapes for ever": {items.JSON, `[1,"`, strings.Repeat(`\"`, most), ``, true},
	} {
		t.Run(name, func(t *testing.T) {
			store := bucket(t, map[string]string{"a": test.begin + test.fill + test.end})
			used := peak(func(look func()) {
				if !test.fails {
					if n := count(t, store, spec(test.form, "a"), nil); n < 2 {
						t.Errorf("%d items", n)
					}
					return
				}
				n, why := cause(t, store, spec(test.form, "a"))
				look()
				if n != 1 && name != "header" {
					t.Errorf("%d items before", n)
				}
				if len(why) > 500 {
					t.Errorf("cause of %d bytes", len(why))
				}
			})
			if used > 64<<20 {
				t.Errorf("%d bytes were in use", used)
			}
		})
	}
}

// repeated is a reader of a text so many times, which must be a multiple of 1,024.
func repeated(text string, times int) io.Reader {
	block := strings.Repeat(text, 1024)
	readers := make([]io.Reader, times/1024)
	for i := range readers {
		readers[i] = strings.NewReader(block)
	}
	return io.MultiReader(readers...)
}

// TestBombs reads what is small packed and large unpacked: white space, an item that never ends, and more items than
// anybody wants.
func TestBombs(t *testing.T) {
	size := 64 << 20
	if testing.Short() {
		size /= 4
	}
	pack := map[string]func(io.Reader) string{
		"a.gz": func(from io.Reader) string {
			var packed bytes.Buffer
			w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.Copy(w, from)
			if err = errors.Join(err, w.Close()); err != nil {
				t.Fatal(err)
			}
			return packed.String()
		},
		"a.zst": func(from io.Reader) string {
			var packed bytes.Buffer
			w, err := zstd.NewWriter(&packed)
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.Copy(w, from)
			if err = errors.Join(err, w.Close()); err != nil {
				t.Fatal(err)
			}
			return packed.String()
		},
	}
	for key, pack := range pack {
		spaces := bucket(t, map[string]string{key: pack(repeated(" ", size))})
		word := bucket(t, map[string]string{key: pack(io.MultiReader(strings.NewReader(`["`), repeated("x", size)))})
		many := bucket(t, map[string]string{key: pack(io.MultiReader(strings.NewReader(`[0`), repeated(",1", size/2)))})
		used := peak(func(look func()) {
			if n, why := cause(t, spaces, spec(items.JSON, key)); n != 0 || !strings.Contains(why, "ends early") {
				t.Errorf("%s: %d, %q", key, n, why)
			}
			look()
			if n, why := cause(t, word, spec(items.JSON, key)); n != 0 || !strings.Contains(why, "is larger than") {
				t.Errorf("%s: %d, %q", key, n, why)
			}
			look()
			limited := spec(items.JSON, key)
			limited.MaxItems = 200_000
			if n := count(t, many, limited, look); n != 200_000 {
				t.Errorf("%s: %d", key, n)
			}
		})
		if used > 32<<20 {
			t.Errorf("%s: %d bytes were in use", key, used)
		}
	}
}

// TestPointerBeyondTheLead looks for items that begin after 16 MiB, in a document and behind a value that never ends.
func TestPointerBeyondTheLead(t *testing.T) {
	long := strings.Repeat(`"xxxxxxxxxxxxxx",`, 1<<20)
	pointed := spec(items.JSON, "a")
	pointed.ItemsPointer = "/b"
	for name, test := range map[string]struct {
		document string
		n        int
		why      string
	}{
		"before": {`{"a":[` + long[:len(long)/2] + `1],"b":[1,2]}`, 2, "The JSON document ends early, at byte "},
		"after":  {`{"a":[` + long + `1],"b":[1,2]}`, 0, "The items of the document do not begin within its first 16777216 bytes."},
		"never":  {`{"a":[` + long + long, 0, "The items of the document do not begin within its first 16777216 bytes."},
	} {
		store := bucket(t, map[string]string{"a": test.document})
		if test.n > 0 {
			if n := count(t, store, pointed, nil); n != test.n {
				t.Errorf("%s: %d items", name, n)
			}
			continue
		}
		if n, why := cause(t, store, pointed); n != 0 || why != test.why {
			t.Errorf("%s: %d items, %q", name, n, why)
		}
	}
}

// TestChangedObjects writes objects anew between two pages, and between two processes.
func TestChangedObjects(t *testing.T) {
	var jsonl strings.Builder
	for i := range 400_000 {
		fmt.Fprintf(&jsonl, "%d\n", i)
	}
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	store, err := directory.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, test := range []struct {
		form    items.InputType
		content string
	}{{items.JSONL, jsonl.String()}, {items.Parquet, parquetFile(t, 1000, nil, rowsOf(200_000)...)}} {
		put(t, root, "a", test.content)
		source, err := items.Open(context.Background(), store, spec(test.form, "a"), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.Next(context.Background(), 10); err != nil {
			t.Fatal(err)
		}
		cursor := source.Cursor()
		put(t, root, "a", test.content+"\n")
		const want = "The object s3://data/a was changed while it was read."
		for err == nil {
			_, err = source.Next(context.Background(), 1000)
		}
		source.Close()
		if err.Error() != want {
			t.Errorf("%s: %v", test.form, err)
		}
		if _, err := items.Open(context.Background(), store, spec(test.form, "a"), cursor, nil); err == nil || err.Error() != want {
			t.Errorf("%s, in another process: %v", test.form, err)
		}
	}
}

// TestMissing tells apart what is not there and what may not be read.
func TestMissing(t *testing.T) {
	store := bucket(t, map[string]string{"list": "s3://data/none\n", "bad": "data/none\n"})
	elsewhere := spec(items.JSON, "a")
	elsewhere.Bucket = "elsewhere"
	athena, bad := spec(items.JSONL, "list"), spec(items.JSONL, "bad")
	athena.ManifestType, bad.ManifestType = items.AthenaData, items.AthenaData
	list := items.Spec{Resource: items.ListObjectsV2, Bucket: "elsewhere"}
	for _, test := range []struct {
		spec items.Spec
		code s3.Code
		want string
	}{
		{spec(items.JSON, "none"), s3.NoSuchKey, "Failed to read s3://data/none: NoSuchKey: The specified key does not exist."},
		{elsewhere, s3.NoSuchBucket, "Failed to read s3://elsewhere/a: NoSuchBucket: The specified bucket does not exist"},
		{athena, s3.NoSuchKey, "Failed to read s3://data/none: NoSuchKey: The specified key does not exist."},
		{list, s3.NoSuchBucket, "Failed to read s3://elsewhere/: NoSuchBucket: The specified bucket does not exist"},
		{bad, "", `The manifest s3://data/bad names no object at byte 0: "data/none"`},
	} {
		_, why := cause(t, store, test.spec)
		if why != test.want {
			t.Errorf("%q, want %q", why, test.want)
		}
	}
}

// TestCancelled stops a page in the middle: the error is the context's, and the cursor stands after what was given.
func TestCancelled(t *testing.T) {
	const n = 1 << 20
	lines := strings.Repeat("1\n", n)
	store := bucket(t, map[string]string{"a": lines, "a.gz": gzipped(t, lines), "a.zst": zstandard(t, lines)})
	for _, key := range []string{"a", "a.gz", "a.zst"} {
		source, err := items.Open(context.Background(), store, spec(items.JSONL, key), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		stopped, stop := context.WithCancel(context.Background())
		defer stop()
		given := 0
		for err == nil {
			var page []items.Item
			page, err = source.Next(stopped, 1000)
			given += len(page)
			stop()
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v", key, err)
		}
		cursor := source.Cursor()
		source.Close()
		if source, err = items.Open(context.Background(), store, spec(items.JSONL, key), cursor, nil); err != nil {
			t.Fatal(err)
		}
		rest, err := texts(t, source, 1000)
		if err != nil || given >= n || given+len(rest) != n {
			t.Errorf("%s: %d and %d items, %v", key, given, len(rest), err)
		}
		source.Close()
	}
}

func BenchmarkReaders(b *testing.B) {
	const n = 100_000
	var csv, jsonl strings.Builder
	csv.WriteString("id,name,note\n")
	elements := make([]string, n)
	for i := range n {
		fmt.Fprintf(&csv, "%d,name %d,\"a, b\"\n", i, i)
		elements[i] = fmt.Sprintf("{\"id\": %d, \"name\": \"name %d\", \"note\": \"a, b\"}", i, i)
	}
	jsonl.WriteString(strings.Join(elements, "\n"))
	array := "[" + strings.Join(elements, ",") + "]"
	store := bucket(b, map[string]string{
		"a.csv": csv.String(), "a.jsonl": jsonl.String(), "a.json": array, "a.csv.gz": gzipped(b, csv.String()),
		"a.csv.zst": zstandard(b, csv.String()), "a.parquet": parquetFile(b, 50_000, nil, rowsOf(n)...),
	})
	for _, one := range []struct {
		key  string
		form items.InputType
	}{{"a.csv", items.CSV}, {"a.csv.gz", items.CSV}, {"a.csv.zst", items.CSV}, {"a.json", items.JSON}, {"a.jsonl", items.JSONL}, {"a.parquet", items.Parquet}} {
		b.Run(one.key, func(b *testing.B) {
			for b.Loop() {
				if got := count(b, store, spec(one.form, one.key), nil); got != n {
					b.Fatal(got)
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "items/s")
		})
	}
}

// fuzzed reads garbage to its end: it must end, with items that are JSON or an error of a reader, and a cursor in the
// middle must give the same rest.
func fuzzed(t *testing.T, key string, content []byte, spec items.Spec) {
	t.Helper()
	spec.Key = key
	store := memory{key: string(content)}
	all, err := read(t, store, spec)
	var known *items.Error
	if err != nil && !errors.As(err, &known) {
		t.Fatalf("error %v, which is none of a reader", err)
	}
	for _, text := range all {
		if v, err := value.Parse(text); spec.InputType != items.JSON && (err != nil || v.Text() != text) {
			t.Fatalf("item %q: %v", text, err)
		}
	}
	if len(all) < 2 {
		return
	}
	source, opened := items.Open(context.Background(), store, spec, nil, nil)
	if opened != nil {
		t.Fatal(opened)
	}
	defer source.Close()
	if _, err := source.Next(context.Background(), len(all)/2); err != nil {
		t.Fatal(err)
	}
	again, opened := items.Open(context.Background(), store, spec, source.Cursor(), nil)
	if opened != nil {
		t.Fatal(opened)
	}
	defer again.Close()
	rest, later := texts(t, again, 3)
	if len(rest) != len(all)-len(all)/2 || (err == nil) != (later == nil) {
		t.Fatalf("%d items and %v, then %d and %v", len(all), err, len(rest), later)
	}
	for i, text := range rest {
		if text != all[len(all)/2+i] {
			t.Fatalf("item %q, at first %q", text, all[len(all)/2+i])
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n3\n", "\xef\xbb\xbfa\r\n\"x\"\"\ny\"\r\n", "a;b\n\\;\\\\;\"\\\"\"", "a\n\"", "a,a\n1"} {
		f.Add([]byte(seed), byte(0))
	}
	f.Fuzz(func(t *testing.T, content []byte, which byte) {
		s := spec(items.CSV, "a")
		s.CSVDelimiter = []string{"COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"}[which%5]
		fuzzed(t, "a", content, s)
	})
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`[1,"a",{"b":[]}]`, `{"a":{"b":[1,2,3]},"c":null}`, `[[[`, "1\n2\n[3]\n"} {
		f.Add([]byte(seed), "", false)
		f.Add([]byte(seed), "/a/b", true)
	}
	f.Fuzz(func(t *testing.T, content []byte, pointer string, lines bool) {
		s := spec(items.JSON, "a")
		s.ItemsPointer = pointer
		if lines {
			s = spec(items.JSONL, "a")
		}
		fuzzed(t, "a", content, s)
	})
}

func FuzzPacked(f *testing.F) {
	for _, seed := range []string{"1\n2\n3\n", strings.Repeat("\"x\"\n", 1000)} {
		f.Add([]byte(gzipped(f, seed)), true)
		f.Add([]byte(zstandard(f, seed)), false)
	}
	f.Fuzz(func(t *testing.T, content []byte, gz bool) {
		key := "a.zst"
		if gz {
			key = "a.gz"
		}
		fuzzed(t, key, content, spec(items.JSONL, ""))
	})
}

func FuzzParquet(f *testing.F) {
	f.Add([]byte(parquetFile(f, 2, nil, rowsOf(5)...)))
	f.Add([]byte(parquetFile(f, 2, nil, everything{Groups: []inner{{}}, Lists: [][]int32{{1}, nil}}, everything{})))
	f.Fuzz(func(t *testing.T, content []byte) {
		fuzzed(t, "a", content, spec(items.Parquet, ""))
	})
}

func FuzzCursor(f *testing.F) {
	f.Add([]byte("\x01{\"n\":1,\"i\":{\"b\":\"data\",\"k\":\"a\",\"p\":3}}"))
	f.Add([]byte("\x01{\"i\":{\"b\":\"data\",\"k\":\"a\",\"p\":-3,\"j\":\"x\"}}"))
	f.Fuzz(func(t *testing.T, cursor []byte) {
		store := memory{"a": "[1,2,3]"}
		for _, form := range []items.InputType{items.JSON, items.CSV, items.JSONL, items.Parquet} {
			source, err := items.Open(context.Background(), store, spec(form, "a"), cursor, nil)
			if err != nil {
				continue
			}
			_, _ = texts(t, source, 2)
			source.Close()
		}
	})
}

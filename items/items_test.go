package items_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/items"
	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/s3/directory"
)

// bucket makes a store with one bucket, "data", of files.
func bucket(t testing.TB, files map[string]string) *directory.Directory {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	for key, content := range files {
		put(t, root, key, content)
	}
	store, err := directory.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func put(t testing.TB, root, key, content string) {
	t.Helper()
	path := filepath.Join(root, "data", key)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// spec reads key of the bucket "data".
func spec(input items.InputType, key string) items.Spec {
	s := items.Spec{Resource: items.GetObject, Bucket: "data", Key: key, InputType: input}
	if input == items.CSV {
		s.CSVHeaderLocation = items.FirstRow
	}
	return s
}

// texts reads all items that are left, a page of size at a time.
func texts(t testing.TB, source *items.Source, size int) ([]string, error) {
	t.Helper()
	var all []string
	for {
		page, err := source.Next(context.Background(), size)
		for _, item := range page {
			text := item.Value.Text()
			if item.Keyed {
				text = item.Key + "=" + text
			}
			all = append(all, text)
		}
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

// read reads a data set to its end.
func read(t testing.TB, store s3.Store, s items.Spec) ([]string, error) {
	t.Helper()
	source, err := items.Open(context.Background(), store, s, nil, nil)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	return texts(t, source, 2)
}

func TestForms(t *testing.T) {
	pointer := func(p string, s items.Spec) items.Spec { s.ItemsPointer = p; return s }
	limit := func(n int64, s items.Spec) items.Spec { s.MaxItems = n; return s }
	given := func(s items.Spec, names ...string) items.Spec {
		s.CSVHeaderLocation, s.CSVHeaders = items.Given, names
		return s
	}
	tests := map[string]struct {
		spec    items.Spec
		content string
		want    []string
		cause   string
	}{
		"array":             {spec(items.JSON, "a"), "\xef\xbb\xbf [ {\"a\" : 1.50}, [ 2,\"]\\\"\" ] ,null, true ,\"x,y\",-1e3]", []string{`{"a":1.50}`, `[2,"]\""]`, "null", "true", `"x,y"`, "-1e3"}, ""},
		"no items":          {spec(items.JSON, "a"), " [ ] ", nil, ""},
		"object":            {spec(items.JSON, "a"), `{"a":1, "b\n" : {"c":[]}}`, []string{"a=1", "b\n=" + `{"c":[]}`}, ""},
		"empty object":      {spec(items.JSON, "a"), `{}`, nil, ""},
		"scalar":            {spec(items.JSON, "a"), `12`, nil, "Attempting to map over non-iterable node."},
		"empty document":    {spec(items.JSON, "a"), ` `, nil, "The JSON document ends early, at byte 1."},
		"open array":        {spec(items.JSON, "a"), `[1,2`, []string{"1", "2"}, "The JSON document ends early, at byte 4."},
		"no comma":          {spec(items.JSON, "a"), `[1 2]`, []string{"1"}, "The document is not valid JSON: a comma or the end of the items was expected at byte 3."},
		"bad element":       {spec(items.JSON, "a"), `[1,nul]`, []string{"1"}, "*"},
		"comma at the end":  {spec(items.JSON, "a"), `[1,]`, []string{"1"}, "*"},
		"pointer":           {pointer("/a~1b/1/x", spec(items.JSON, "a")), `{"z":{"a/b":["no"]},"s":"}]\"","n":1,"a/b":[{"x":0},{"y":[[]],"x":[1,2]},3]}`, []string{"1", "2"}, ""},
		"pointer to object": {pointer("/a", spec(items.JSON, "a")), `{"a":{"b":1}}`, []string{"b=1"}, ""},
		"pointer to none":   {pointer("/a/b", spec(items.JSON, "a")), `{"a":{"c":1}}`, nil, `The ItemsPointer "/a/b" could not be found in the document.`},
		"pointer to scalar": {pointer("/a", spec(items.JSON, "a")), `{"a":1}`, nil, "Attempting to map over non-iterable node."},
		"pointer past end":  {pointer("/2", spec(items.JSON, "a")), `[[1],[2]]`, nil, `The ItemsPointer "/2" could not be found in the document.`},
		"bad pointer":       {pointer("a", spec(items.JSON, "a")), `[]`, nil, `The ItemsPointer "a" is not a valid JSON Pointer.`},
		"some":              {limit(2, spec(items.JSON, "a")), `[1,2,3`, []string{"1", "2"}, ""},
		"less than none":    {limit(-1, spec(items.JSON, "a")), `[1]`, nil, "field MaxItems must be positive"},

		"lines":        {spec(items.JSONL, "a"), "{\"a\": 1}\r\n\n  \n2\n\"x\"", []string{`{"a":1}`, "2", `"x"`}, ""},
		"no lines":     {spec(items.JSONL, "a"), "\n", nil, ""},
		"bad line":     {spec(items.JSONL, "a"), "1\n{\n3", []string{"1"}, "*"},
		"two a line":   {spec(items.JSONL, "a"), "1 2\n", nil, "*"},
		"nothing":      {spec(items.JSONL, "a"), "", nil, ""},
		"csv":          {spec(items.CSV, "a"), "\xef\xbb\xbfa,b\r\n1,2\r\nx y,\"q,\n\"\"z\"\"\"\r\n", []string{`{"a":"1","b":"2"}`, `{"a":"x y","b":"q,\n\"z\""}`}, ""},
		"short, long":  {spec(items.CSV, "a"), "a,b,c\n1\n1,2,3,4\n,,\n", []string{`{"a":"1","b":"","c":""}`, `{"a":"1","b":"2","c":"3"}`, `{"a":"","b":"","c":""}`}, ""},
		"empty lines":  {spec(items.CSV, "a"), "a\n\n1\n\r\n2\n\n", []string{`{"a":"1"}`, `{"a":"2"}`}, ""},
		"header alone": {spec(items.CSV, "a"), "a,b", nil, ""},
		"duplicates":   {spec(items.CSV, "a"), "a,b,a\n1,2,3\n", nil, "CSV headers cannot contain duplicates."},
		"given": {given(spec(items.CSV, "a"), "MyLetters", "MyNumbers", "MyString", "MyObject", "MyArray"),
			"abc,123,\"This string contains commas, a double quotation marks (\"\"), and a newline (\n)\",{\"\"MyKey\"\":\"\"MyValue\"\"},\"[1,2,3]\"\n",
			[]string{`{"MyLetters":"abc","MyNumbers":"123","MyString":"This string contains commas, a double quotation marks (\"), and a newline (\n)","MyObject":"{\"MyKey\":\"MyValue\"}","MyArray":"[1,2,3]"}`}, ""},
		"backslashes": {spec(items.CSV, "a"), "path,size\nC:\\\\Program Files\\\\MyApp.exe,6534512\n\\a\\,b\\\"c,\"\\\"\\n\\,\"\nx\\\ny\n",
			[]string{`{"path":"C:\\Program Files\\MyApp.exe","size":"6534512"}`, `{"path":"a,b\"c","size":"\"n,"}`, `{"path":"x","size":""}`, `{"path":"y","size":""}`}, ""},
		"lone quote": {spec(items.CSV, "a"), "a,b\n12\" pipe,\"x\"y\n", []string{`{"a":"12\" pipe","b":"xy"}`}, ""},
		"open quote": {spec(items.CSV, "a"), "a\n\"b\n", nil, "The quotes of a cell in the row at byte 2 are not closed."},
		"not UTF-8":  {spec(items.CSV, "a"), "a\n\xff\x01\n", []string{`{"a":"` + "\ufffd" + `\u0001"}`}, ""},
		"unicode":    {spec(items.CSV, "a"), "ä\nö€😀\n", []string{`{"ä":"ö€😀"}`}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, bucket(t, map[string]string{"a": test.content}), test.spec)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			var known *items.Error
			switch {
			case err == nil && test.cause == "":
			case !errors.As(err, &known):
				t.Errorf("error %v, want the cause %q", err, test.cause)
			case test.cause == "*" && known.Cause != "":
			case known.Cause != test.cause:
				t.Errorf("cause %q, want %q", known.Cause, test.cause)
			}
		})
	}
}

// TestPackings reads what several packed texts in a row make, and packed text with something behind it that is none.
func TestPackings(t *testing.T) {
	gz, zst := gzipped(t, "1\n2"), zstandard(t, "1\n2")
	store := bucket(t, map[string]string{
		"a.gz": gz + gzipped(t, "3\n4"), "a.ZST": zst + zstandard(t, "3\n4"), "a.zstd": zst, "a.gzip": gz,
		"bad.gz": gz + "garbage", "cut.gz": gz[:len(gz)-3], "bad.zst": zst + "garbage", "cut.zst": zst[:len(zst)-1], "no.gz": "1\n", "none.gz": "", "plain.gzx": "1\n",
	})
	for key, test := range map[string]struct {
		want  []string
		fails bool
	}{
		"a.gz": {[]string{"1", "23", "4"}, false}, "a.ZST": {[]string{"1", "23", "4"}, false}, "a.zstd": {[]string{"1", "2"}, false}, "a.gzip": {[]string{"1", "2"}, false},
		"bad.gz": {nil, true}, "cut.gz": {nil, true}, "bad.zst": {nil, true}, "cut.zst": {nil, true}, "no.gz": {nil, true}, "none.gz": {nil, true}, "plain.gzx": {[]string{"1"}, false},
	} {
		got, err := read(t, store, spec(items.JSONL, key))
		if (err != nil) != test.fails || !test.fails && !cmp.Equal(got, test.want) {
			t.Errorf("%s: %q, %v", key, got, err)
		}
	}
}

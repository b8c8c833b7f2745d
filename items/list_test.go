package items_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/items"
	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/s3/directory"
)

func TestObjectsAsItems(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	moments := map[string]time.Time{
		"p/a":         time.Unix(1789180622, 999e6),
		"p/ü/b\"\\":   time.Unix(1789180600, 0),
		"p/early":     time.Unix(1234, 0),
		"p/ten":       time.Unix(10_000_000, 0),
		"elsewhere/c": time.Unix(1, 0),
	}
	for key, moment := range moments {
		put(t, root, key, "12345")
		if err := os.Chtimes(filepath.Join(root, "data", key), moment, moment); err != nil {
			t.Fatal(err)
		}
	}
	store, err := directory.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	page, err := store.List(context.Background(), s3.ListRequest{Bucket: "data", Prefix: "p/"})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i, modified := range []string{"1.789180622E9", "1234.0", "1.0E7", "1.7891806E9"} {
		o := page.Objects[i]
		want = append(want, fmt.Sprintf(`{"Etag":%q,"Key":%q,"LastModified":%s,"Size":5,"StorageClass":"STANDARD"}`, o.ETag, o.Key, modified))
	}
	got, err := read(t, store, items.Spec{Resource: items.ListObjectsV2, Bucket: "data", Prefix: "p/", InputType: "ignored"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestManyObjects lists more than a page of S3 has. (AWS, September 2026: 1,006 objects are 1,006 items.)
func TestManyObjects(t *testing.T) {
	files := map[string]string{}
	for i := range 1006 {
		files[fmt.Sprintf("%04d", i)] = ""
	}
	if got := count(t, bucket(t, files), items.Spec{Resource: items.ListObjectsV2, Bucket: "data"}, nil); got != 1006 {
		t.Errorf("%d items", got)
	}
}

func TestNestedDataSets(t *testing.T) {
	store := bucket(t, map[string]string{
		"in/1.csv":    "a\n1\n2\n",
		"in/2.csv.gz": gzipped(t, "b\n3\n"),
		"in/3.csv":    "",
		"list":        "\"s3://data/in/1.csv\"\n\ns3://data/in/2.csv.gz\n",
		"lines":       "\"x\"\n",
		"uris":        "s3://data/lines\n",
		"inv/manifest.json": `{"sourceBucket":"source","destinationBucket":"arn:aws:s3:::data","version":"2016-11-30","creationTimestamp":"1514944800000",
			"fileFormat":"CSV","fileSchema":"Bucket, Key, Size","files":[{"key":"inv/data/x.csv.gz","size":1,"MD5checksum":"f"}]}`,
		"inv/data/x.csv.gz": gzipped(t, "\"source\",\"a%20b\",\"12\"\n\"source\",\"c\",\"0\"\n"),
		"orc":               `{"fileFormat":"ORC","fileSchema":"struct<>"}`,
		"empty":             `{"fileFormat":"CSV","fileSchema":"Bucket","files":[]}`,
	})
	flat := spec(items.CSV, "")
	flat.Resource, flat.Prefix, flat.Transformation = items.ListObjectsV2, "in/", items.LoadAndFlatten
	athena, uris := spec(items.CSV, "list"), spec(items.JSONL, "uris")
	athena.ManifestType, uris.ManifestType = items.AthenaData, items.AthenaData
	inventory := items.Spec{Resource: items.GetObject, Bucket: "data", Key: "inv/manifest.json", ManifestType: items.S3Inventory}
	rows := []string{`{"Bucket":"source","Key":"a%20b","Size":"12"}`, `{"Bucket":"source","Key":"c","Size":"0"}`}
	for name, test := range map[string]struct {
		spec items.Spec
		want []string
	}{
		"flattened": {flat, []string{`{"a":"1"}`, `{"a":"2"}`, `{"b":"3"}`}},
		"athena":    {athena, []string{`{"a":"1"}`, `{"a":"2"}`, `{"b":"3"}`}},
		"lines":     {uris, []string{`"x"`}},
		"inventory": {inventory, rows},
		"MANIFEST":  {spec(items.Manifest, "inv/manifest.json"), rows},
		"empty":     {spec(items.Manifest, "empty"), nil},
	} {
		got, err := read(t, store, test.spec)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, why := cause(t, store, spec(items.Manifest, "orc"))
	if want := `The file format "ORC" of the S3 inventory is not supported; only CSV is.`; why != want {
		t.Errorf("%q, want %q", why, want)
	}
}

func TestSpecsThatCannotBe(t *testing.T) {
	store := bucket(t, map[string]string{"a": "[1]"})
	with := func(change func(*items.Spec)) items.Spec {
		s := spec(items.CSV, "a")
		change(&s)
		return s
	}
	for want, s := range map[string]items.Spec{
		`The InputType "XML" is not supported by ItemReader.`:         spec("XML", "a"),
		`The Resource "s3:putObject" is not supported by ItemReader.`: with(func(s *items.Spec) { s.Resource = "s3:putObject" }),
		`The CSVDelimiter "COLON" is not supported by ItemReader.`:    with(func(s *items.Spec) { s.CSVDelimiter = "COLON" }),
		`The CSVHeaderLocation "" is not supported by ItemReader.`:    with(func(s *items.Spec) { s.CSVHeaderLocation = "" }),
		`CSV headers cannot be empty.`:                                with(func(s *items.Spec) { s.CSVHeaderLocation = items.Given }),
		`CSV headers cannot contain duplicates.`:                      with(func(s *items.Spec) { s.CSVHeaderLocation, s.CSVHeaders = items.Given, []string{"a", "a"} }),
		`CSV headers cannot be larger than 10240 bytes.`: with(func(s *items.Spec) {
			s.CSVHeaderLocation, s.CSVHeaders = items.Given, []string{string(make([]byte, 10241))}
		}),
		`The ItemsPointer must not be longer than 2000 characters.`: with(func(s *items.Spec) { s.ItemsPointer = "/" + string(make([]byte, 2000)) }),
		`field MaxItems must be positive`:                           with(func(s *items.Spec) { s.MaxItems = -1 }),
	} {
		if _, why := cause(t, store, s); why != want {
			t.Errorf("%q, want %q", why, want)
		}
	}
	var known *items.Error
	if _, err := items.Open(context.Background(), store, spec(items.JSON, "a"), []byte("\x02{}"), nil); err == nil || errors.As(err, &known) {
		t.Errorf("a later cursor: %v", err)
	}
}

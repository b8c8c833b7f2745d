package items_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"github.com/statelark/statelark/items"
)

// parquetFile makes a file of rows, so many a group.
func parquetFile[T any](t testing.TB, group int64, options []parquet.WriterOption, rows ...T) string {
	t.Helper()
	var file bytes.Buffer
	w := parquet.NewGenericWriter[T](&file, append(options, parquet.MaxRowsPerRowGroup(group))...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

type inner struct {
	X *int32   `parquet:"x,optional"`
	L []string `parquet:"l,list"`
}

type everything struct {
	Bool    bool             `parquet:"bool"`
	I32     int32            `parquet:"i32"`
	I64     int64            `parquet:"i64"`
	U32     uint32           `parquet:"u32"`
	U64     uint64           `parquet:"u64"`
	I96     deprecated.Int96 `parquet:"i96"`
	F32     float32          `parquet:"f32"`
	F64     float64          `parquet:"f64"`
	Text    string           `parquet:"text,dict"`
	Bytes   []byte           `parquet:"bytes"`
	UUID    [16]byte         `parquet:"uuid,uuid"`
	Dec     int64            `parquet:"dec,decimal(2:12)"`
	Date    int32            `parquet:"date,date"`
	Millis  int64            `parquet:"millis,timestamp(millisecond)"`
	Micros  int64            `parquet:"micros,timestamp(microsecond)"`
	Nanos   time.Time        `parquet:"nanos,timestamp(nanosecond)"`
	Time    int64            `parquet:"time,time(microsecond)"`
	Maybe   *string          `parquet:"maybe,optional"`
	Group   inner            `parquet:"group"`
	Groups  []inner          `parquet:"groups,list"`
	Repeat  []int64          `parquet:"repeat"`
	Lists   [][]int32        `parquet:"lists,list"`
	Map     map[string]inner `parquet:"map"`
	Numbers map[int32]string `parquet:"numbers"`
}

func TestParquet(t *testing.T) {
	seven, text := int32(7), "z\n"
	full := everything{
		Bool: true, I32: -1, I64: math.MinInt64, U32: math.MaxUint32, U64: math.MaxUint64,
		I96: deprecated.Int96{1e9, 0, 2440589}, F32: 0.1, F64: math.NaN(), Text: "ä\"", Bytes: []byte{0xff, 0},
		UUID: [16]byte{0: 0x12, 15: 0xef}, Dec: -105, Date: 19000, Millis: 1700000000123, Micros: -1, Nanos: time.Unix(1, 5),
		Time: 3600_000_001, Maybe: &text, Group: inner{&seven, []string{"a", "b"}},
		Groups: []inner{{nil, []string{"c"}}, {&seven, nil}}, Repeat: []int64{1, 2},
		Lists: [][]int32{{1, 2}, {3}}, Map: map[string]inner{"k": {&seven, []string{"d", "e"}}}, Numbers: map[int32]string{5: "five"},
	}
	want := []string{
		`{"bool":true,"i32":-1,"i64":-9223372036854775808,"u32":4294967295,"u64":18446744073709551615,"i96":"1970-01-02T00:00:01Z","f32":0.1,"f64":"NaN","text":"ä\"","bytes":"/wA=",` +
			`"uuid":"12000000-0000-0000-0000-0000000000ef","dec":-1.05,"date":"2022-01-08","millis":"2023-11-14T22:13:20.123Z","micros":"1969-12-31T23:59:59.999999Z","nanos":"1970-01-01T00:00:01.000000005Z",` +
			`"time":"01:00:00.000001","maybe":"z\n","group":{"x":7,"l":["a","b"]},"groups":[{"x":null,"l":["c"]},{"x":7,"l":[]}],"repeat":[1,2],"lists":[[1,2],[3]],"map":{"k":{"x":7,"l":["d","e"]}},"numbers":{"key_value":[{"key":5,"value":"five"}]}}`,
		`{"bool":false,"i32":0,"i64":0,"u32":0,"u64":0,"i96":"-4713-11-24T00:00:00Z","f32":0,"f64":0,"text":"","bytes":"",` +
			`"uuid":"00000000-0000-0000-0000-000000000000","dec":0.00,"date":"1970-01-01","millis":"1970-01-01T00:00:00Z","micros":"1970-01-01T00:00:00Z","nanos":"1970-01-01T00:00:00Z",` +
			`"time":"00:00:00","maybe":null,"group":{"x":null,"l":[]},"groups":[],"repeat":[],"lists":[],"map":{},"numbers":{"key_value":[]}}`,
	}
	for name, codec := range map[string]parquet.WriterOption{
		"none": parquet.Compression(&parquet.Uncompressed), "gzip": parquet.Compression(&parquet.Gzip),
		"zstd": parquet.Compression(&parquet.Zstd), "snappy": parquet.Compression(&parquet.Snappy), "v1": parquet.DataPageVersion(1),
	} {
		t.Run(name, func(t *testing.T) {
			file := parquetFile(t, 10, []parquet.WriterOption{codec}, full, everything{Nanos: time.Unix(0, 0)})
			got, err := read(t, bucket(t, map[string]string{"a": file}), spec(items.Parquet, "a"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParquetIsNone(t *testing.T) {
	good := parquetFile(t, 10, nil, numbered{1})
	footer := len(good) - 8 - int(binary.LittleEndian.Uint32([]byte(good[len(good)-8:])))
	for name, file := range map[string]string{
		"nothing": "", "text": "PAR1 is no file, PAR1", "footer too long": good[:len(good)-8] + "\xff\xff\xff\x7fPAR1",
		"footer broken": good[:footer] + strings.Repeat("\xff", 8) + good[footer+8:], "cut": good[:len(good)/2],
	} {
		got, err := read(t, bucket(t, map[string]string{"a": file}), spec(items.Parquet, "a"))
		if err == nil {
			t.Errorf("%s: %q", name, got)
		}
		var known *items.Error
		if !errors.As(err, &known) || known.Cause == "" {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

type numbered struct {
	N int64 `parquet:"n"`
}

// rowsOf makes n numbered rows.
func rowsOf(n int) []numbered {
	rows := make([]numbered, n)
	for i := range rows {
		rows[i].N = int64(i)
	}
	return rows
}

func TestParquetGroups(t *testing.T) {
	file := parquetFile(t, 100, nil, rowsOf(1234)...)
	got, err := read(t, bucket(t, map[string]string{"a": file}), spec(items.Parquet, "a"))
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range got {
		if want := fmt.Sprintf(`{"n":%d}`, i); text != want {
			t.Fatalf("row %d is %s", i, text)
		}
	}
	if len(got) != 1234 {
		t.Errorf("%d rows", len(got))
	}
}

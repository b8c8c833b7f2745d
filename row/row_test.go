package row_test

import (
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/statelark/statelark/row"
)

// blobs is Payloads in memory; the number of a text is its place, from 1.
type blobs []string

func (b *blobs) Known(text string) (uint32, bool) {
	for i, s := range *b {
		if s == text {
			return uint32(i + 1), true
		}
	}
	return 0, false
}

func (b *blobs) Put(text string) uint32 {
	if id, ok := b.Known(text); ok {
		return id
	}
	*b = append(*b, text)
	return uint32(len(*b))
}

var errNoBlob = errors.New("there is no such blob")

func (b *blobs) Get(id uint32) (string, error) {
	if id == 0 || int(id) > len(*b) {
		return "", errNoBlob
	}
	return (*b)[id-1], nil
}

func write(p row.Payloads) []byte {
	w := row.NewWriter([]byte("before"), p)
	w.Byte(7)
	w.Uint(math.MaxUint64)
	w.Uint(0)
	w.Int(math.MinInt64)
	w.Int(-1)
	w.Bool(true)
	w.Bool(false)
	w.Text("")
	w.Text("täxt")
	w.Payload("")
	w.Payload(strings.Repeat("i", row.InlineMax))
	w.Payload(strings.Repeat("b", row.InlineMax+1))
	w.Payload(strings.Repeat("b", row.InlineMax+1))
	w.Raw("rest")
	return w.Row()
}

func TestRoundTrip(t *testing.T) {
	var kept blobs
	for _, p := range []row.Payloads{&kept, nil} {
		data, found := strings.CutPrefix(string(write(p)), "before")
		if !found {
			t.Fatal("what was there before is gone")
		}
		r := row.NewReader([]byte(data), p)
		got := []any{r.Byte(), r.Uint(), r.Uint(), r.Int(), r.Int(), r.Bool(), r.Bool(), r.Text(), r.Text(), r.Payload(), len(r.Payload()), len(r.Payload()), len(r.Payload())}
		want := []any{byte(7), uint64(math.MaxUint64), uint64(0), int64(math.MinInt64), int64(-1), true, false, "", "täxt", "", row.InlineMax, row.InlineMax + 1, row.InlineMax + 1}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("thing %d is %v, want %v", i, got[i], want[i])
			}
		}
		if r.Len() != 4 || r.Raw(4) != "rest" || r.Done() != nil {
			t.Errorf("the end was not found: %v", r.Done())
		}
	}
	if len(kept) != 1 {
		t.Errorf("%d payloads were kept, want the long one once", len(kept))
	}
}

// TestForm holds the bytes: they are in the stores of users.
func TestForm(t *testing.T) {
	var kept blobs
	w := row.NewWriter(nil, &kept)
	w.Byte(1)
	w.Uint(300)
	w.Int(-2)
	w.Bool(true)
	w.Text("ab")
	w.Payload("cd")
	w.Payload(strings.Repeat("b", row.InlineMax+1))
	if got, want := hex.EncodeToString(w.Row()), "01"+"ac02"+"03"+"01"+"026162"+"036364"+"0001"; got != want {
		t.Errorf("the form has changed, which no row version tells: got %s, want %s", got, want)
	}
}

func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		read func(*row.Reader)
		want error
	}{
		"no byte":       {nil, func(r *row.Reader) { r.Byte() }, row.ErrShort},
		"no number":     {[]byte{0x80}, func(r *row.Reader) { r.Uint() }, row.ErrShort},
		"long number":   {[]byte(strings.Repeat("\xff", 9) + "\x02"), func(r *row.Reader) { r.Uint() }, row.ErrShort},
		"short text":    {[]byte{3, 'a'}, func(r *row.Reader) { r.Text() }, row.ErrShort},
		"short payload": {[]byte{3, 'a'}, func(r *row.Reader) { r.Payload() }, row.ErrShort},
		"large count":   {[]byte{3, 0, 0}, func(r *row.Reader) { r.Count() }, row.ErrShort},
		"no blob":       {[]byte{0, 9}, func(r *row.Reader) { r.Payload() }, errNoBlob},
		"rest":          {[]byte{1, 1}, func(r *row.Reader) { r.Byte() }, row.ErrLong},
		"first counts":  {[]byte{0, 9, 1}, func(r *row.Reader) { r.Payload(); r.Text(); r.Byte() }, errNoBlob},
	} {
		t.Run(name, func(t *testing.T) {
			var kept blobs
			r := row.NewReader(c.data, &kept)
			c.read(&r)
			if err := r.Done(); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if r.Err() != nil && (r.Byte() != 0 || r.Int() != 0 || r.Text() != "" || r.Payload() != "" || r.Count() != 0) {
				t.Error("something is read after an error")
			}
		})
	}
	r := row.NewReader([]byte{0, 1}, nil)
	if r.Payload(); r.Err() == nil {
		t.Error("a payload was read that nobody keeps")
	}
}

// FuzzReader reads what nobody wrote, in an order that the fuzzer chooses.
func FuzzReader(f *testing.F) {
	f.Add([]byte("bunitfpcr"), write(nil))
	f.Fuzz(func(t *testing.T, order, data []byte) {
		var kept blobs
		r := row.NewReader(data, &kept)
		left := len(data)
		for _, what := range order {
			switch what {
			case 'b':
				r.Byte()
			case 'u':
				r.Uint()
			case 'i':
				r.Int()
			case 't':
				r.Text()
			case 'p':
				r.Payload()
			case 'c':
				if n := r.Count(); n > r.Len() {
					t.Errorf("%d things in %d bytes", n, r.Len())
				}
			case 'r':
				r.Raw(uint64(what))
			}
			if r.Len() > left {
				t.Fatal("a read gave bytes back")
			}
			left = r.Len()
		}
	})
}

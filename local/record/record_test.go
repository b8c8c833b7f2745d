package record

import (
	"bytes"
	"slices"
	"testing"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/kv"
)

type thing struct {
	Name string `json:"name"`
}

var here = arn.Place{Region: "us-east-1", Account: "123456789012"}

func open(t *testing.T) kv.Store {
	t.Helper()
	db, err := kv.Open("", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db.Part("test")
}

// TestVersion1 holds the stored form: keys and values that are on disks.
func TestVersion1(t *testing.T) {
	store := open(t)
	table := NewTable[thing](store, "thing")
	if err := table.Save(&thing{"a"}, here, "x\x00", "y"); err != nil {
		t.Fatal(err)
	}
	key := []byte("us-east-1\x00123456789012\x00thing\x00x\x01\x01\x00y\x00")
	row, err := store.Get(key)
	if err != nil || !bytes.Equal(row, []byte("\x01{\"name\":\"a\"}")) {
		t.Fatalf("the row is %q, %v", row, err)
	}
	var b kv.Batch
	b.Set(key, []byte("\x02{}"))
	if err := store.Apply(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Get(here, "x\x00", "y"); err == nil {
		t.Error("a row of a later version was read")
	}
}

// TestPlaces holds records of places, kinds and parts that begin alike apart, and in order.
func TestPlaces(t *testing.T) {
	store := open(t)
	table, other := NewTable[thing](store, "thing"), NewTable[thing](store, "things")
	there := arn.Place{Region: "us-east-1", Account: "1234567890120"}
	for _, x := range []struct {
		t    Table[thing]
		at   arn.Place
		name string
	}{{table, here, "b"}, {table, here, "a\x00"}, {table, here, "a"}, {table, here, "a1"}, {other, here, "z"}, {table, there, "c"}} {
		if err := x.t.Save(&thing{x.name}, x.at, x.name); err != nil {
			t.Fatal(err)
		}
	}
	names := func(at arn.Place, parts ...string) (out []string) {
		all, err := table.List(at, parts...)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			out = append(out, x.Name)
		}
		return out
	}
	if got := names(here); !slices.Equal(got, []string{"a", "a\x00", "a1", "b"}) {
		t.Errorf("listed %q", got)
	}
	if got := names(here, "a"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("below a: %q", got)
	}
	var b kv.Batch
	table.DeleteAll(&b, here)
	if err := store.Apply(&b); err != nil {
		t.Fatal(err)
	}
	if got := names(here); got != nil {
		t.Errorf("after the deletion: %q", got)
	}
	if got := names(there); !slices.Equal(got, []string{"c"}) {
		t.Errorf("in the other account: %q", got)
	}
}

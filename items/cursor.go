package items

import (
	"encoding/json"
	"fmt"
)

// cursor is where a Source goes on: a version byte and this as JSON. testdata/cursors keeps one of each version and form.
type cursor struct {
	Given int64  `json:"n,omitempty"` // items so far
	Outer *place `json:"o,omitempty"` // in the list or manifest, after the object of Inner
	Inner *place `json:"i,omitempty"` // in the object that is read; nil between two
	Done  bool   `json:"d,omitempty"` // there is no more
}

// place is where the reading of one object or list goes on.
type place struct {
	Bucket  string `json:"b,omitempty"`
	Key     string `json:"k,omitempty"`
	Version string `json:"v,omitempty"`
	ETag    string `json:"e,omitempty"` // what the object must still have
	// Offset is where the next record begins, in bytes of the unpacked content; in a Parquet file, the row group it is in.
	Offset int64 `json:"p,omitempty"`
	// Records is how many were given, of the group in a Parquet file; in an inventory, how many of its files are done.
	Records int64 `json:"r,omitempty"`
	// Open is the bracket of what the items of a JSON document are in.
	Open string `json:"j,omitempty"`
	// After is the last key of a list that was given.
	After string `json:"a,omitempty"`
}

const cursorVersion = 1

func (c cursor) append(dst []byte) []byte {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings, numbers and booleans
	}
	return append(append(dst, cursorVersion), text...)
}

// parseCursor reads what append made; nil is the beginning.
func parseCursor(text []byte) (cursor, error) {
	var c cursor
	if len(text) == 0 {
		return c, nil
	}
	if text[0] != cursorVersion {
		return c, fmt.Errorf("reading a cursor: its version is %d, this build knows %d", text[0], cursorVersion)
	}
	if err := json.Unmarshal(text[1:], &c); err != nil {
		return c, fmt.Errorf("reading a cursor: %w", err)
	}
	return c, nil
}

package sqs

import (
	"encoding/json"
	"fmt"

	"github.com/statelark/statelark/row"
)

func versionError(what string, version byte) error {
	return fmt.Errorf("a row of a %s has version %d, which this build does not know", what, version)
}

// record is what is stored of a queue.
type record struct {
	ID       uint64 `json:"id,string"`
	Created  int64  `json:"created"`  // seconds
	Modified int64  `json:"modified"` // seconds
	// Attributes are those that were set, in the form in which they are shown.
	Attributes map[string]string `json:"attributes,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
	Purged     int64             `json:"purged,omitempty"` // milliseconds
	// ScopeBefore is the deduplication scope that holds until ScopeFrom, in milliseconds: a change of it takes its time.
	ScopeBefore string `json:"scopeBefore,omitempty"`
	ScopeFrom   int64  `json:"scopeFrom,omitempty"`
}

const recordVersion = 1

func (r *record) encode() []byte {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // numbers and texts alone
	}
	return append([]byte{recordVersion}, text...)
}

func decodeRecord(data []byte) (record, error) {
	var r record
	if len(data) == 0 || data[0] != recordVersion {
		return r, versionError("queue", first(data))
	}
	if err := json.Unmarshal(data[1:], &r); err != nil {
		return r, fmt.Errorf("reading a queue's row: %w", err)
	}
	return r, nil
}

func first(data []byte) byte {
	if len(data) == 0 {
		return 0
	}
	return data[0]
}

// state is where a message stands. Times are milliseconds; 0 is never.
type state struct {
	Sent     int64 // first of all; a move to a standard dead-letter queue leaves it
	Due      int64 // when it can be received: the end of its delay, or of its visibility timeout
	First    int64 // received
	Received int64 // last
	Count    uint64
	Before   uint64 // the part of Count from other queues
	Nonce    uint64 // in the handle of the last receive
	Group    string
}

const stateVersion = 1

func (s *state) encode() []byte {
	w := row.NewWriter(make([]byte, 0, 48+len(s.Group)), nil)
	w.Byte(stateVersion)
	w.Int(s.Sent)
	w.Int(s.Due)
	w.Int(s.First)
	w.Int(s.Received)
	w.Uint(s.Count)
	w.Uint(s.Before)
	w.Uint(s.Nonce)
	w.Text(s.Group)
	return w.Row()
}

func decodeState(data []byte) (state, error) {
	r := row.NewReader(data, nil)
	if v := r.Byte(); v != stateVersion {
		return state{}, versionError("message's state", v)
	}
	s := state{Sent: r.Int(), Due: r.Int(), First: r.Int(), Received: r.Int(), Count: r.Uint(), Before: r.Uint(), Nonce: r.Uint(), Group: r.Text()}
	return s, r.Done()
}

// sending is what is known of a deduplication id.
type sending struct {
	At       int64
	ID       string
	Sequence string
}

const sendingVersion = 1

func (d *sending) encode() []byte {
	w := row.NewWriter(nil, nil)
	w.Byte(sendingVersion)
	w.Int(d.At)
	w.Text(d.ID)
	w.Text(d.Sequence)
	return w.Row()
}

func decodeSending(data []byte) (sending, error) {
	r := row.NewReader(data, nil)
	if v := r.Byte(); v != sendingVersion {
		return sending{}, versionError("deduplication id", v)
	}
	d := sending{At: r.Int(), ID: r.Text(), Sequence: r.Text()}
	return d, r.Done()
}

package sqs

import (
	"encoding/hex"
	"reflect"
	"testing"
)

// What version 1 of each row looks like. It never changes: later builds read it.
func TestGoldenRows(t *testing.T) {
	text := "v"
	for name, x := range map[string]struct {
		golden string
		value  any
		encode func() []byte
		decode func([]byte) (any, error)
	}{
		"message": {
			golden: "01" + "026964" + "04626f6479" + "026d35" + "0130" + "0174" + "0167" + "0164" + "0173" + "0161" + "02" +
				"0162" + "0642696e617279" + "00" + "0200ff" + "016e" + "06537472696e67" + "01" + "0176",
			value: &message{"id", "body", "m5", "0", "t", "g", "d", "s", "a", map[string]attribute{
				"n": {DataType: "String", StringValue: &text}, "b": {DataType: "Binary", BinaryValue: []byte{0, 255}}}},
			decode: func(b []byte) (any, error) { return decodeMessage(b) },
		},
		"state": {
			golden: "01" + "02" + "04" + "06" + "08" + "05" + "06" + "07" + "0167",
			value:  state{1, 2, 3, 4, 5, 6, 7, "g"},
			decode: func(b []byte) (any, error) { return decodeState(b) },
		},
		"sending": {
			golden: "01" + "02" + "026964" + "0173",
			value:  sending{1, "id", "s"},
			decode: func(b []byte) (any, error) { return decodeSending(b) },
		},
		"record": {
			golden: "01" + hex.EncodeToString([]byte(`{"id":"18446744073709551615","created":1,"modified":2,"attributes":{"DelaySeconds":"3"},"tags":{"a":"b"},"purged":4,"scopeBefore":"queue","scopeFrom":5}`)),
			value:  record{1<<64 - 1, 1, 2, map[string]string{"DelaySeconds": "3"}, map[string]string{"a": "b"}, 4, "queue", 5},
			decode: func(b []byte) (any, error) { return decodeRecord(b) },
		},
		"move": {
			golden: "01" + hex.EncodeToString([]byte(`{"id":"i","destination":"d","rate":1,"started":2,"status":"RUNNING","moved":3,"toMove":4,"failure":"f"}`)),
			value:  moveRow{"i", "d", 1, 2, "RUNNING", 3, 4, "f"},
			decode: func(b []byte) (any, error) { return decodeMove(b) },
		},
	} {
		golden, err := hex.DecodeString(x.golden)
		if err != nil {
			t.Fatal(err)
		}
		got, err := x.decode(golden)
		if err != nil || !reflect.DeepEqual(got, x.value) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, x.value)
		}
		if again := encoded(x.value); hex.EncodeToString(again) != x.golden {
			t.Errorf("%s is written as %x, want %s", name, again, x.golden)
		}
		for cut := range golden[:len(golden)-1] {
			if _, err := x.decode(golden[:cut]); err == nil {
				t.Errorf("%s cut to %d bytes is read", name, cut)
			}
		}
	}
}

func encoded(v any) []byte {
	switch v := v.(type) {
	case *message:
		return v.encode()
	case state:
		return v.encode()
	case sending:
		return v.encode()
	case record:
		return v.encode()
	case moveRow:
		return v.encode()
	}
	return nil
}

func FuzzHandle(f *testing.F) {
	f.Add(handle{1, 2, 3}.String())
	f.Add("AQEB")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		if h, ok := parseHandle(text); ok && h.String() != text {
			// Base64 has texts that differ in bits that count for nothing.
			if again, ok := parseHandle(h.String()); !ok || again != h {
				t.Errorf("%q is %+v, and that is %q", text, h, h.String())
			}
		}
	})
}

// Attributes that are taken come back as they were, with the same MD5.
func FuzzAttribute(f *testing.F) {
	f.Add("a", "String", "x", []byte(nil))
	f.Add("a.b", "Number.int", "-1.5e3", []byte(nil))
	f.Add("A_-", "Binary", "", []byte{0})
	f.Add("AWS.x", "String", "x", []byte(nil))
	f.Fuzz(func(t *testing.T, name, kind, text string, data []byte) {
		a := attribute{DataType: kind, BinaryValue: data}
		if text != "" {
			a.StringValue = &text
		}
		set := map[string]attribute{name: a}
		if checkAttributes(set) != nil {
			return
		}
		m, err := decodeMessage((&message{ID: "i", Attributes: set}).encode())
		if err != nil {
			t.Fatal(err)
		}
		if md5OfAttributes(m.Attributes) != md5OfAttributes(set) || size("", m.Attributes) != size("", set) {
			t.Errorf("%q %q %q %q comes back as %+v", name, kind, text, data, m.Attributes)
		}
	})
}

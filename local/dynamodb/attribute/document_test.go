package attribute

import (
	"os"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

const everything = `{"b":{"B":"AAECww=="},"bs":{"BS":["YQ==","Yg=="]},"f":{"BOOL":false},"l":{"L":[{"S":"x"},{"L":[]},{"M":{"k":{"N":"-1.5"}}}]},` +
	`"m":{"M":{}},"n":{"N":"12345678901234567890123456789012345678"},"ns":{"NS":["1","-0.5"]},"null":{"NULL":true},"s":{"S":"é \"q\" \\"},"ss":{"SS":["a","b"]},"t":{"BOOL":true}}`

func mustItem(t *testing.T, text string) Item {
	t.Helper()
	doc, err := value.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	item, err := ParseItem(doc)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func TestDocuments(t *testing.T) {
	item := mustItem(t, everything)
	if got := string(item.Append(nil)); got != everything {
		t.Errorf("got  %s\nwant %s", got, everything)
	}
	back, err := Decode(item.Encode())
	if err != nil || !EqualItems(back, item) {
		t.Errorf("stored and read again: %v, %s", err, back.Append(nil))
	}
}

// TestStoredForm reads what version 1 has stored. The file never changes.
func TestStoredForm(t *testing.T) {
	const file = "testdata/item-1"
	stored, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	item, err := Decode(stored)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(item.Append(nil)); got != everything {
		t.Errorf("got  %s\nwant %s", got, everything)
	}
}

func TestDocumentsThatAreRefused(t *testing.T) {
	const invalidValue = "One or more parameter values were invalid: "
	deep := func(n int) string {
		return strings.Repeat(`{"L":[`, n) + `{"S":"x"}` + strings.Repeat(`]}`, n)
	}
	tests := []struct{ in, want string }{
		{`{}`, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{`{"X":"a"}`, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{`{"L":[{}]}`, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{`{"S":"a","N":"1"}`, "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"},
		{`{"S":"a","N":"b"}`, "The parameter cannot be converted to a numeric value: b"},
		{`{"SS":[]}`, invalidValue + "An string set  may not be empty"},
		{`{"NS":[]}`, invalidValue + "An number set  may not be empty"},
		{`{"BS":[]}`, invalidValue + "Binary sets should not be empty"},
		{`{"SS":["a",""]}`, invalidValue + "An string set may not have a empty string as a member"},
		{`{"BS":["aaaa",""]}`, invalidValue + "Binary sets may not contain null or empty values"},
		{`{"SS":["a","a"]}`, invalidValue + "Input collection [a, a] contains duplicates."},
		{`{"BS":["Yg==","Yg=="]}`, invalidValue + "Input collection [Yg==, Yg==]of type BS contains duplicates."},
		{`{"NS":["1","1.0"]}`, "Input collection contains duplicates"},
		{`{"N":1}`, "NUMBER_VALUE cannot be converted to String"},
		{`{"S":[]}`, "START_ARRAY cannot be converted to String"},
		{`{"BOOL":"true"}`, "STRING_VALUE cannot be converted to Boolean"},
		{`"x"`, "Unexpected value type in payload"},
		{deep(33), "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"},
	}
	for _, test := range tests {
		doc, err := value.Parse(test.in)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := Parse(doc); err == nil || err.Error() != test.want {
			t.Errorf("%s: %s, %v; want %s", test.in, v.Append(nil), err, test.want)
		}
	}
	doc, _ := value.Parse(deep(32))
	if v, err := Parse(doc); err != nil || v.Depth() != 32 {
		t.Errorf("32 levels: %v, %d", err, v.Depth())
	}
}

func TestSizes(t *testing.T) {
	for in, want := range map[string]int{
		`{"id":{"S":"abc"}}`:                        5,
		`{"é":{"B":"AAEC"}}`:                        5,
		`{"a":{"BOOL":true}}`:                       2,
		`{"a":{"NULL":true}}`:                       2,
		`{"a":{"L":[]}}`:                            4,
		`{"a":{"L":[{"S":"xy"},{"N":"12"}]}}`:       1 + 3 + 3 + 3,
		`{"a":{"M":{"k":{"S":"xy"}}}}`:              1 + 3 + 1 + 1 + 2,
		`{"a":{"SS":["x","yz"]},"b":{"NS":["12"]}}`: 1 + 3 + 1 + 2,
	} {
		if got := mustItem(t, in).Size(); got != want {
			t.Errorf("%s: %d, want %d", in, got, want)
		}
	}
}

// FuzzDecode reads anything as a stored item: it is one, or an error.
func FuzzDecode(f *testing.F) {
	stored, err := os.ReadFile("testdata/item-1")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stored)
	f.Add([]byte{1, 1, 1, 'a', byte(L), 0xFF, 0xFF, 0xFF, 0xFF, 0x7F})
	f.Fuzz(func(t *testing.T, stored []byte) {
		item, err := Decode(stored)
		if err == nil {
			_, _ = item.Append(nil), item.Size()
		}
	})
}

// FuzzParse reads any JSON as an item. What it takes comes out again as the same.
func FuzzParse(f *testing.F) {
	f.Add(everything)
	f.Add(`{"a":{"N":"1e5"},"a":{"S":null,"N":"2"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := value.Parse(text)
		if err != nil {
			return
		}
		item, err := ParseItem(doc)
		if err != nil {
			return
		}
		again, err := value.Parse(string(item.Append(nil)))
		if err != nil {
			t.Fatalf("%s: %v", item.Append(nil), err)
		}
		back, err := ParseItem(again)
		if err != nil || !EqualItems(item, back) {
			t.Fatalf("%s became %s, %v", item.Append(nil), back.Append(nil), err)
		}
		stored, err := Decode(item.Encode())
		if err != nil || !EqualItems(item, stored) {
			t.Fatalf("%s is stored as %s, %v", item.Append(nil), stored.Append(nil), err)
		}
	})
}

package history_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

func ptr(s string) *string { return &s }

// full returns an event with every field set to something that shows.
func full(t history.Type) history.Event {
	return history.Event{
		ID: 7, Previous: 6, At: 1_700_000_000_123, Type: t,
		Name: "State", Data: `{"a":1}`,
		Assigned: []value.Member{{Key: "x", Value: value.FromInt(3)}},
		Error:    ptr("Boom"), Cause: ptr("it blew"),
		Resource: "invoke", ResourceType: "lambda", Region: "eu-west-1",
		Timeout: 5, Heartbeat: 2, RoleARN: "arn:role", Version: "arn:version", Alias: "arn:alias",
		MapRun: "arn:run", Location: "Output", Index: 4, Length: 9, RedriveCount: 1,
	}
}

func allTypes(t *testing.T) []history.Type {
	t.Helper()
	var all []history.Type
	for _, name := range new(types.HistoryEventType).Values() {
		typ, ok := history.ParseType(string(name))
		if !ok || typ.String() != string(name) {
			t.Errorf("ParseType(%q) = %v (%q), %v", name, typ, typ, ok)
			continue
		}
		all = append(all, typ)
	}
	return all
}

func TestTypeNames(t *testing.T) {
	all := allTypes(t)
	if len(all) != 62 {
		t.Errorf("the API has %d types here, want 62", len(all))
	}
	slices.Sort(all)
	if unique := slices.Compact(all); len(unique) != len(all) {
		t.Errorf("%d names give %d types", len(all), len(unique))
	}
	for _, name := range []string{"", "PassStateentered", "Pass"} {
		if typ, ok := history.ParseType(name); ok {
			t.Errorf("ParseType(%q) = %v, want none", name, typ)
		}
	}
	for _, typ := range []history.Type{0, history.WaitStateExited + 1, 255} {
		if s := typ.String(); s != "" {
			t.Errorf("Type(%d).String() = %q, want none", typ, s)
		}
	}
}

// TestDetailsOfTheAPI holds the table against the API's model: a full event shows one details member that the
// model knows, with exactly the members that the model gives it.
func TestDetailsOfTheAPI(t *testing.T) {
	model := reflect.TypeFor[types.HistoryEvent]()
	without := 0
	for _, typ := range allTypes(t) {
		e := full(typ)
		var shown map[string]json.RawMessage
		text := history.AppendJSON(nil, &e, history.WireOptions{})
		if err := json.Unmarshal(text, &shown); err != nil {
			t.Fatalf("%v: %v in %s", typ, err, text)
		}
		for _, name := range []string{"timestamp", "type", "id", "previousEventId"} {
			if _, ok := shown[name]; !ok {
				t.Errorf("%v shows no %s", typ, name)
			}
			delete(shown, name)
		}
		if len(shown) == 0 {
			without++
		}
		for name, details := range shown {
			want, ok := model.FieldByName(upperFirst(name))
			if !ok {
				t.Errorf("%v: the API has no member %s", typ, name)
				continue
			}
			if got, want := keys(t, details), members(want.Type.Elem()); !slices.Equal(got, want) {
				t.Errorf("%v: %s has %v, want %v", typ, name, got, want)
			}
		}
		if len(shown) > 1 {
			t.Errorf("%v shows %d details members", typ, len(shown))
		}
	}
	if without != 12 {
		t.Errorf("%d types show no details, want 12", without)
	}
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// members returns the API's names of a model struct, sorted.
func members(model reflect.Type) []string {
	var names []string
	for i := range model.NumField() {
		if f := model.Field(i); f.IsExported() {
			names = append(names, lowerFirst(f.Name))
		}
	}
	slices.Sort(names)
	return names
}

// keys returns the member names of a JSON object, sorted.
func keys(t *testing.T, object []byte) []string {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(object, &m); err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

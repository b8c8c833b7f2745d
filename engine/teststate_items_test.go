package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/statelark/statelark"
)

// readerTest is a distributed Map that reads data, with more members.
func readerTest(reader, more string) string {
	return `"Type":"Map","ItemReader":` + reader + more + `,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true`
}

func getObject(config string) string {
	return `{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key.$":"$.key"},"ReaderConfig":{` + config + `}}`
}

// The text that stands for the source of a data set is read as the ItemReader says.
func TestTestStateReadsItems(t *testing.T) {
	value := `,"ItemSelector":{"v.$":"$$.Map.Item.Value"}`
	for name, test := range map[string]struct{ reader, more, data, want string }{
		"csv":       {getObject(`"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"`), value, "a,b\n1,2\n", `afterItemSelector [{"v":{"a":"1","b":"2"}}]`},
		"json":      {getObject(`"InputType":"JSON"`), value, ` [1, 2]`, `afterItemSelector [{"v":1},{"v":2}]`},
		"lines":     {getObject(`"InputType":"JSONL"`), value, "1\n2\n", `afterItemSelector [{"v":1},{"v":2}]`},
		"some":      {getObject(`"InputType":"JSON","MaxItemsPath":"$.most"`), value, `[1,2,3]`, `afterItemSelector [{"v":1},{"v":2}]`},
		"pointer":   {getObject(`"InputType":"JSON","ItemsPointer":"/x","MaxItems":1`), value, `{"x":[1,2]}`, `afterItemsPointer [1,2] afterItemSelector [{"v":1}]`},
		"an object": {getObject(`"InputType":"JSON"`), `,"ItemSelector":{"k.$":"$$.Map.Item.Key","s.$":"$$.Map.Item.Source"}`, `{"x":1}`, `afterItemSelector [{"k":"x","s":"S3://b/in.gz"}]`},
		"batches": {getObject(`"InputType":"JSON"`), `,"ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"k.$":"$.key"}}`, `[1,2,3]`,
			`afterItemBatcher [{"BatchInput":{"k":"in.gz"},"Items":[1,2]},{"BatchInput":{"k":"in.gz"},"Items":[3]}]`},
		"small batches": {getObject(`"InputType":"JSON"`), value + `,"ItemBatcher":{"MaxInputBytesPerBatch":25}`, `[1,2,3]`,
			`afterItemSelector [{"v":1},{"v":2},{"v":3}] afterItemBatcher [{"Items":[{"v":1}]},{"Items":[{"v":2}]},{"Items":[{"v":3}]}]`},
		"a list": {`{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"}}`, `,"ItemSelector":{"k.$":"$$.Map.Item.Value.Key"}`, `[{"Key":"a"},{"Key":"b"}]`,
			`afterItemSelector [{"k":"a"},{"k":"b"}]`},
		"objects of a list":   {`{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"},"ReaderConfig":{"InputType":"JSONL","Transformation":"LOAD_AND_FLATTEN"}}`, value, "1\n2", `afterItemSelector [{"v":1},{"v":2}]`},
		"nothing of the form": {getObject(`"InputType":"JSON"`), value, `7`, `States.ItemReaderFailed Attempting to map over non-iterable node.`},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, echo, func(r *rig) {
				got := r.inspected(readerTest(test.reader, test.more), func(s *statelark.StateTest) {
					s.Input, s.ReaderData = `{"key":"in.gz","most":2}`, &test.data
				})
				is(t, "test", got, test.want)
			})
		})
	}
}

// Without such a text the items are those of the input, as in the guide.
func TestTestStateTakesItemsFromTheInput(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		state := readerTest(getObject(`"InputType":"JSON"`), `,"ItemsPath":"$.orders","ItemSelector":{"v.$":"$$.Map.Item.Value"}`)
		is(t, "test", r.inspected(state, func(s *statelark.StateTest) { s.Input = `{"key":"k","orders":[1]}` }), `afterItemsPath [1] afterItemSelector [{"v":1}]`)
		is(t, "test", r.inspected(state, func(s *statelark.StateTest) { s.Input = `{"key":"k"}` }), ``)
	})
}

// inspected runs a test with a mock and prints what is told of the items, or how it failed.
func (r *rig) inspected(state string, change func(*statelark.StateTest)) string {
	r.t.Helper()
	result := `[]`
	s := &statelark.StateTest{Place: here, Definition: "{" + state + "}", Mock: &statelark.StateMock{Result: &result}}
	change(s)
	got, err := r.TestState(context.Background(), s)
	if err != nil {
		r.t.Fatal(err)
	}
	if got.Status != statelark.TestSucceeded {
		return *got.Error + " " + *got.Cause
	}
	var list []string
	for _, step := range got.Inspection.Steps {
		if strings.HasPrefix(step.Name, "afterItem") {
			list = append(list, fmt.Sprint(step.Name, " ", step.Value))
		}
	}
	return strings.Join(list, " ")
}

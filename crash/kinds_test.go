package crash

import (
	"embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// definitions are the state machines, named as their files.
//
//go:embed testdata/*.asl.json
var definitions embed.FS

// kind is a state machine of the world, and how its executions end.
type kind struct {
	name   string
	weight int // how often it is started, against the others
	// end is how an execution ends when nobody stops it. <n>, <name> and <s> stand for what its input says.
	end ending
	// answered: the end is what the test's worker, or whoever has the task token, answered.
	answered bool
	// stop: somebody stops it.
	stop bool
	// child is the machine of which every execution starts one execution.
	child string
	// childStops: when the execution is stopped its child is, too.
	childStops bool
	// failures is how many attempts of its Tasks fail, when nobody stops or answers it.
	failures int
}

// ending is how an execution ended.
type ending struct {
	status               types.ExecutionStatus
	output, error, cause string
}

func (e ending) String() string {
	return fmt.Sprintf("%s output %q error %q cause %.300q", e.status, e.output, e.error, e.cause)
}

func succeeded(output string) ending {
	return ending{status: types.ExecutionStatusSucceeded, output: output}
}

func failed(error, cause string) ending {
	return ending{status: types.ExecutionStatusFailed, error: error, cause: cause}
}

// input is what every execution is started with; the order of its members is the order of the output's.
const input = `{"n":<n>,"name":"<name>","s":<s>,"i":0,"items":[0,1,2,3,4]}`

var kinds = []*kind{
	{name: "wait", weight: 6, end: succeeded(input)},
	{name: "loop", weight: 1, end: succeeded(`600`)},
	{name: "variables", weight: 4, end: succeeded(`{"n":<n>,"sums":[1,2,3]}`)},
	{name: "retry", weight: 6, end: succeeded(strings.TrimSuffix(input, "}") + `,"called":` + input + `}`), failures: 2},
	{name: "exhausted", weight: 4, end: failed("Broken", `{"errorType":"Broken","errorMessage":"for <name>"}`), failures: 3},
	{name: "timeout", weight: 4, end: succeeded(`{"n":<n>,"error":"States.Timeout"}`)},
	{name: "activity", weight: 8, answered: true},
	{name: "token", weight: 8, answered: true},
	{name: "parent", weight: 6, end: succeeded(`{"n":<n>,"parent":"<name>"}`), child: "child", childStops: true},
	{name: "bereaved", weight: 4, end: succeeded(`{"n":<n>,"error":"States.TaskFailed"}`), child: "failing", childStops: true, failures: 1},
	{name: "spawn", weight: 4, end: succeeded(input), child: "child"},
	{name: "parallel", weight: 6, end: succeeded(`[<n>,<n>,` + input + `]`), failures: 2},
	{name: "map", weight: 6, end: succeeded(`[{"n":<n>,"item":0},{"n":<n>,"item":1},{"n":<n>,"item":2},{"n":<n>,"item":3},{"n":<n>,"item":4}]`)},
	{name: "cut", weight: 4, end: succeeded(`{"n":<n>,"error":"Cut"}`)},
	{name: "limit", weight: 4, end: ending{status: types.ExecutionStatusTimedOut}},
	{name: "stopped", weight: 4, stop: true},
	{name: "deserted", weight: 4, stop: true, child: "endless", childStops: true},
}

// children are the machines that only other executions start.
var children = []*kind{
	{name: "child", end: succeeded(`{"n":<n>,"parent":"<name>"}`)},
	{name: "failing", end: failed("Failing", "as it should")},
	{name: "endless"},
}

// definition returns the text of a machine.
func definition(name string) (string, error) {
	text, err := definitions.ReadFile("testdata/" + name + ".asl.json")
	return string(text), err
}

// fill puts what an execution is about into a template.
func fill(template string, n int, name string, seconds int) string {
	return strings.NewReplacer("<n>", strconv.Itoa(n), "<name>", name, "<s>", strconv.Itoa(seconds)).Replace(template)
}

package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
)

// mapping is what holds for every Map Run of a kind, whose items are numbers, each another one.
type mapping struct {
	items int
	// failing is how many of them fail; -1: it is left to chance.
	failing int
	// exported: the results are written to the object store.
	exported bool
}

const (
	table   = "numbers.csv"
	results = "results"
)

// mapKinds have distributed Maps, and their mappings stand in mappings.
var (
	mapKinds []*kind
	mappings = map[string]*mapping{"mapped": {items: 12}, "mappedexpress": {items: 12}, "doomedmap": {items: 8}}
)

func init() {
	for _, typ := range []string{"STANDARD", "EXPRESS"} {
		addMapKinds(typ)
	}
	kinds = append(kinds, mapKinds...)
}

const echoes = `{` + fn + `echo","End":true}`

// but makes the states of children of which some items fail.
func but(variable, choices string) string {
	return `{"Type":"Choice","Choices":[` + strings.ReplaceAll(choices, "$", variable) + `],"Default":"T"},"F":{"Type":"Fail","Error":"Bad"},"T":` + echoes
}

// addMapKinds adds the kinds whose children are of a type.
func addMapKinds(typ string) {
	add := func(name, definition, input string, ends map[statelark.Status]string, m *mapping) {
		name += strings.ToLower(typ)
		mapKinds = append(mapKinds, &kind{name: name, definition: definition, input: input, ends: ends, cuts: true})
		mappings[name] = m
	}
	well := func(output string) map[statelark.Status]string {
		return map[statelark.Status]string{statelark.Succeeded: output}
	}
	add("tolerant", distributed(typ, but("$", `{"Variable":"$","NumericEquals":7,"Next":"F"},{"Variable":"$","NumericEquals":19,"Next":"F"}`),
		`,"MaxConcurrency":8,"ToleratedFailureCount":2`), list(0, 30), well(list(0, 30, 7, 19)), &mapping{items: 30, failing: 2})
	add("intolerant", distributed(typ, but("$", `{"Variable":"$","NumericGreaterThan":17,"Next":"F"}`),
		`,"MaxConcurrency":5,"ToleratedFailurePercentage":10,"Catch":[{"ErrorEquals":["States.ExceedToleratedFailureThreshold"],"Next":"Done"}]`),
		list(0, 40), well(`"cut"`), &mapping{items: 40, failing: -1})
	add("batched", distributed(typ, echoes, `,"MaxConcurrency":3,"ItemBatcher":{"MaxItemsPerBatch":4}`), list(0, 14),
		well(`[{"Items":`+list(0, 4)+`},{"Items":`+list(4, 8)+`},{"Items":`+list(8, 12)+`},{"Items":`+list(12, 14)+`}]`), &mapping{items: 14})
	add("retried", distributed(typ, `{`+fn+`flaky","End":true}`, `,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":60,"IntervalSeconds":1,"BackoffRate":1}]`),
		list(0, 3), map[statelark.Status]string{statelark.Succeeded: list(0, 3), statelark.Failed: "States.ExceedToleratedFailureThreshold"}, &mapping{items: 3, failing: -1})
	add("maplimit", `{"TimeoutSeconds":3,`+distributed(typ, `{`+fn+`slow","End":true}`, `,"MaxConcurrency":6`)[1:],
		list(0, 9), map[statelark.Status]string{statelark.TimedOut: ""}, &mapping{items: 9})
	add("exported", distributed(typ, but("$.n", `{"Variable":"$","StringEquals":"5","Next":"F"}`), `,"MaxConcurrency":9,"ToleratedFailureCount":1,`+
		`"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"},"Parameters":{"Bucket":"b","Key":"`+table+`"}},`+
		`"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b","Prefix":"`+results+`"}}`),
		`{}`, well(""), &mapping{items: tableItems, failing: 1, exported: true})
	// More than one chunk.
	add("large", distributed(typ, `{"Type":"Wait","Seconds":1,"End":true}`, `,"MaxConcurrency":150`), list(0, 620), well(list(0, 620)), &mapping{items: 620})
	// One that ends well when it has been redriven often enough.
	add("mendingrun", distributed(typ, echoes[:len(echoes)-len(`"End":true}`)]+`"Next":"Y"},"Y":{`+fn+`flaky","End":true}`, `,"MaxConcurrency":3`),
		list(0, 8), map[statelark.Status]string{statelark.Succeeded: list(0, 8), statelark.Failed: "States.ExceedToleratedFailureThreshold"},
		&mapping{items: 8, failing: 0})
	// Two Map Runs at once, and two that are cut off.
	both := func(last string) string {
		return `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[` + distributed(typ, echoes, `,"MaxConcurrency":2`) + `,` +
			strings.ReplaceAll(distributed("EXPRESS", echoes, ""), `"Label":"L"`, `"Label":"I"`) + last + `],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"E"}],"End":true},` +
			`"E":{"Type":"Pass","Result":"cut","End":true}}}`
	}
	add("mapboth", both(""), list(0, 10), map[statelark.Status]string{statelark.Succeeded: "[" + list(0, 10) + "," + list(0, 10) + "]"}, &mapping{items: 10})
	add("mapaborted", both(`,{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"F"},"F":{"Type":"Fail","Error":"Cut"}}}`),
		list(0, 20), well(`"cut"`), &mapping{items: 20})
}

// list is the text of an array of the numbers from first to the one before end, but for some.
func list(first, end int, but ...int) string {
	var b strings.Builder
next:
	for i := first; i < end; i++ {
		for _, not := range but {
			if i == not {
				continue next
			}
		}
		fmt.Fprintf(&b, ",%d", i)
	}
	return "[" + b.String()[1:] + "]"
}

const tableItems = 45

// putTable makes the table that some Map Runs read.
func (o *objects) putTable() {
	var b strings.Builder
	b.WriteString("n,text\n")
	for i := range tableItems {
		fmt.Fprintf(&b, "%d,number %d\n", i, i)
	}
	o.texts[table] = b.String()
}

// aRun chooses a Map Run of an execution that runs, nil when it finds none.
func (w *world) aRun() (*statelark.MapRun, *kind) {
	k := kinds[w.intn(len(kinds))]
	if mappings[k.name] == nil {
		return nil, nil
	}
	running, err := w.now().Executions(context.Background(), statelark.ExecutionQuery{
		Machine: place.StateMachineARN(k.name), Status: statelark.Running, Limit: 5,
	})
	if err != nil || len(running) == 0 {
		return nil, nil
	}
	runs, _, err := w.now().MapRuns(context.Background(), running[w.intn(len(running))].ARN(), 0, 5)
	if err != nil || len(runs) == 0 {
		return nil, nil
	}
	return runs[w.intn(len(runs))], k
}

// tuner watches Map Runs, whose counts only grow, and changes how they run.
func (w *world) tuner() {
	for !w.quiet(100 * time.Millisecond) {
		r, k := w.aRun()
		if r == nil {
			continue
		}
		w.watchCounts(r)
		if w.intn(4) > 0 {
			continue
		}
		more := int64(1 + w.intn(10))
		u := statelark.MapRunUpdate{Concurrency: &more}
		if mappings[k.name].failing > 0 && w.intn(2) == 0 {
			tolerated := r.ToleratedCount + 1
			u.ToleratedCount = &tolerated
		}
		err := w.insist(func(e *engine.Engine) error { return e.UpdateMapRun(context.Background(), r.ARN, u) })
		if code := statelark.ErrorCode(err); err != nil && code != statelark.CodeValidation {
			w.errorf("%s cannot be updated: %v", r.ARN, err)
		}
	}
}

// watchCounts holds what is told of a Map Run against what was told before.
func (w *world) watchCounts(r *statelark.MapRun) {
	n := r.Items
	if n.Running < 0 || n.Pending < 0 || sum(n) != n.Total {
		w.errorf("the counts of %s are %+v", r.ARN, n)
	}
	if w.contested() { // one of two nodes may tell of the past
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.counted[r.ARN]
	w.counted[r.ARN] = r
	if before == nil {
		return
	}
	was := before.Items
	ill := n.Failed < was.Failed || n.Aborted < was.Aborted || n.TimedOut < was.TimedOut // which a redrive takes back
	if n.Succeeded < was.Succeeded || n.Total < was.Total || r.Redrives == before.Redrives && ill {
		w.errorf("the counts of %s were %+v and are %+v", r.ARN, was, n)
	}
}

func sum(n statelark.MapRunCounts) int64 {
	return n.Pending + n.Running + n.Succeeded + n.Failed + n.TimedOut + n.Aborted + n.PendingRedrive
}

// foreman stops children of Map Runs.
func (w *world) foreman() {
	for !w.quiet(1500 * time.Millisecond) {
		r, _ := w.aRun()
		if r == nil {
			continue
		}
		children, _, err := w.now().MapRunExecutions(context.Background(), r.ARN, statelark.Running, "", 5)
		if err != nil || len(children) == 0 || children[0].Express {
			continue
		}
		w.mu.Lock()
		w.disturbed[r.Execution] = true
		w.mu.Unlock()
		w.must("stopping a child", func(e *engine.Engine) error {
			_, err := e.StopExecution(context.Background(), children[0].ARN(), nil, nil)
			return err
		})
	}
}

// auditMapRuns checks the Map Runs of a kind: each item got one child and was counted once.
func (w *world) auditMapRuns(k *kind) {
	ctx := context.Background()
	for _, label := range []string{"/L", "/I"} {
		machine := strings.Replace(place.StateMachineARN(k.name), ":stateMachine:", ":mapRun:", 1) + label
		list, err := w.store.Executions(ctx, statelark.ExecutionQuery{Machine: machine, Limit: 1000})
		if err != nil {
			w.errorf("%v", err)
		}
		for _, x := range list {
			w.must("describing a Map Run", func(e *engine.Engine) error {
				r, err := e.MapRun(ctx, x.Machine+":"+x.Name)
				if err != nil {
					return err
				}
				children, err := w.children(e, r.ARN)
				if err == nil {
					w.auditMapRun(r, k, children)
				}
				return err
			})
		}
	}
}

func (w *world) children(e *engine.Engine, run string) (all []*statelark.Execution, err error) {
	for next := ""; ; {
		list, after, err := e.MapRunExecutions(context.Background(), run, 0, next, 5)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
		if next = after; next == "" {
			return all, nil
		}
	}
}

func (w *world) auditMapRun(r *statelark.MapRun, k *kind, children []*statelark.Execution) {
	wrong := func(format string, a ...any) {
		w.errorf("%s, %v: %s, %+v\n%s", r.ARN, r.Status, fmt.Sprintf(format, a...), r.Items, w.told(r.Execution))
	}
	n, m := r.Items, mappings[k.name]
	failed, any := n.Total-n.Succeeded, w.disturbed[r.Execution]
	switch {
	case r.Status == statelark.Running:
		wrong("it still runs")
	case n.Running != 0 || n.Pending < 0 || sum(n) != n.Total:
		wrong("its counts are wrong")
	case r.Status == statelark.Succeeded && !any && (m == nil && failed != 0 || m != nil && m.failing >= 0 && failed != int64(m.failing)):
		wrong("it succeeded, and %d of its items did not", failed)
	case r.Status == statelark.Succeeded && n.Pending != 0:
		wrong("it succeeded, and some of its items never began")
	case m != nil && (n.Total > int64(m.items) || r.Status == statelark.Succeeded && n.Total != int64(m.items)):
		wrong("it has %d items", m.items)
	}
	seen := make(map[string]bool)
	count := make(map[statelark.Status]int64)
	for _, x := range children {
		if seen[x.Name] {
			wrong("two of its children are %s", x.Name)
		}
		seen[x.Name] = true
		count[x.Status]++
		if !x.Express {
			w.auditHistory(x, &kind{cuts: true})
		}
	}
	if c := r.Executions; count[statelark.Succeeded] != c.Succeeded || count[statelark.Failed] != c.Failed || count[statelark.Aborted] != c.Aborted ||
		int64(len(children)) != c.Total-c.Pending {
		wrong("its children are %v, counted as %+v", count, c)
	}
	if m != nil {
		if total := w.auditItems(r, children); total != n.Total-n.Pending {
			wrong("its children have %d items", total)
		}
		if m.exported && r.Status == statelark.Succeeded {
			w.auditResults(r, n)
		}
	}
}

// auditItems checks that no item was given to two children of a run, and returns how many items the children have.
func (w *world) auditItems(r *statelark.MapRun, children []*statelark.Execution) (total int64) {
	given := make(map[string]string)
	for _, x := range children {
		var d *statelark.ExecutionDetail
		w.must("describing a child", func(e *engine.Engine) (err error) {
			d, err = e.Execution(context.Background(), x.ARN())
			return err
		})
		if d == nil {
			continue
		}
		for _, item := range numbersOf(d.Input) {
			total++
			if other := given[item]; other != "" {
				w.errorf("item %s of %s was given to %s and %s", item, r.ARN, other, x.Name)
			}
			given[item] = x.Name
		}
	}
	return total
}

// numbersOf returns the items in the input of a child.
func numbersOf(input string) (numbers []string) {
	var row struct {
		N     string `json:"n"`
		Items []int
	}
	if err := json.Unmarshal([]byte(input), &row); err != nil {
		return []string{input}
	}
	for _, n := range row.Items {
		numbers = append(numbers, strconv.Itoa(n))
	}
	if row.N != "" {
		numbers = append(numbers, row.N)
	}
	return numbers
}

// auditResults checks that the files of a run that succeeded have each of its items once.
func (w *world) auditResults(r *statelark.MapRun, n statelark.MapRunCounts) {
	var output struct {
		ResultWriterDetails struct{ Key string }
	}
	d := w.look(r.Execution)
	if d == nil || d.Status != statelark.Succeeded { // the run did, and its execution was stopped meanwhile
		return
	}
	if err := json.Unmarshal([]byte(d.Output), &output); err != nil || output.ResultWriterDetails.Key == "" {
		w.errorf("%s succeeded with %s, %v", r.Execution, d.Output, err)
		return
	}
	var manifest struct {
		ResultFiles map[string][]struct {
			Key  string
			Size int
		}
	}
	if err := json.Unmarshal([]byte(w.objects.text(output.ResultWriterDetails.Key)), &manifest); err != nil {
		w.errorf("%s: its manifest: %v", r.ARN, err)
	}
	records, items := make(map[string]int64), make(map[string]bool)
	for kind, files := range manifest.ResultFiles {
		for _, f := range files {
			var list []struct{ Name, Input, Status string }
			if err := json.Unmarshal([]byte(w.objects.text(f.Key)), &list); err != nil {
				w.errorf("%s: %s: %v", r.ARN, f.Key, err)
			}
			records[kind] += int64(len(list))
			for _, x := range list {
				for _, item := range numbersOf(x.Input) {
					items[item] = true
				}
			}
		}
	}
	if records["SUCCEEDED"] != n.Succeeded || records["FAILED"] != n.Failed+n.Aborted+n.TimedOut || records["PENDING"] != 0 || len(items) != int(n.Total) {
		w.errorf("%s: its results have records of %v, %d items, and its counts are %+v", r.ARN, records, len(items), n)
	}
}

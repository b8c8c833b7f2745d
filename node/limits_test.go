package node

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/limits"
)

var atHome = arn.Place{Region: "us-east-1", Account: "000000000000"}

// limited starts a node with limits: a preset and what differs from it.
func limited(t *testing.T, dir, preset string, set ...string) (*Node, *logged) {
	t.Helper()
	l, err := limits.Preset(preset)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(set); i += 2 {
		if err := l.Set(set[i], set[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	log := &logged{}
	n, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Place: atHome, Data: dir, Limits: &l}, Options{Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeNode(t, n) })
	return n, log
}

// logged is a log that is read while it is written.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// counting is a machine that goes through four events for each round.
const counting = `{"StartAt":"I","QueryLanguage":"JSONata","States":{
	"I":{"Type":"Pass","Assign":{"n":0},"Next":"P"},
	"P":{"Type":"Pass","Assign":{"n":"{% $n + 1 %}"},"Next":"C"},
	"C":{"Type":"Choice","Choices":[{"Condition":"{% $n < ROUNDS %}","Next":"P"}],"Default":"E"},
	"E":{"Type":"Pass","Output":"{% $n %}","End":true}}}`

// TestLongHistory has an execution of 100,000 events, which AWS's limit ends at 25,000.
func TestLongHistory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	noLeaks(t)
	const rounds = 25_000
	definition := strings.ReplaceAll(counting, "ROUNDS", fmt.Sprint(rounds))
	n, _ := limited(t, t.TempDir(), "free")
	c := sdk(t, n)
	x := begin(t, c, "m", definition, "{}")
	if got := await(t, c, x); got.Status != types.ExecutionStatusSucceeded || *got.Output != fmt.Sprint(rounds) {
		t.Fatalf("it ended with %v", got.Status)
	}
	for _, reverse := range []bool{false, true} {
		events, pages := int64(0), sfn.NewGetExecutionHistoryPaginator(c, &sfn.GetExecutionHistoryInput{ExecutionArn: x, MaxResults: 1000, ReverseOrder: reverse})
		const want = 4*rounds + 6
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, ev := range page.Events {
				events++
				id := events
				if reverse {
					id = want - events + 1
				}
				if ev.Id != id {
					t.Fatalf("event %d has the id %d, want %d", events, ev.Id, id)
				}
			}
		}
		if events != want {
			t.Errorf("there are %d events, want %d", events, want)
		}
	}
}

// TestEventsLimit sees that the limit is the setting, and that it is told by name.
func TestEventsLimit(t *testing.T) {
	noLeaks(t)
	n, log := limited(t, "", "aws", "events", "400")
	c := sdk(t, n)
	x := begin(t, c, "m", strings.ReplaceAll(counting, "ROUNDS", "1000"), "{}")
	got := await(t, c, x)
	if got.Status != types.ExecutionStatusFailed || *got.Error != "States.Runtime" || !strings.Contains(*got.Cause, "(400)") {
		t.Errorf("it ended with %v: %v", got.Status, got.Cause)
	}
	history, err := c.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: x, ReverseOrder: true, MaxResults: 1})
	if err != nil || history.Events[0].Id != 400 {
		t.Errorf("the last event is %v (%v)", history, err)
	}
	if said := log.String(); !strings.Contains(said, "limit=events") || !strings.Contains(said, *x) {
		t.Errorf("the log does not name the limit: %s", said)
	}
}

// TestLargePayload takes 20 MiB through an execution's input, a Task, a Map, its output and its history.
func TestLargePayload(t *testing.T) {
	if testing.Short() {
		t.Skip("it moves some hundred megabytes")
	}
	noLeaks(t)
	n, _ := limited(t, t.TempDir(), "free")
	c := sdk(t, n)
	a, err := c.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: aws.String("a")})
	if err != nil {
		t.Fatal(err)
	}
	large := `"` + strings.Repeat("0123456789abcdef", 20<<16) + `"`
	x := begin(t, c, "m", `{"StartAt":"T","States":{
		"T":{"Type":"Task","Resource":"`+*a.ActivityArn+`","Next":"M"},
		"M":{"Type":"Map","Parameters":{"v.$":"$$.Map.Item.Value"},"ItemsPath":"$.items","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","OutputPath":"$.v","End":true}}},"End":true}}}`,
		`{"large":`+large+`}`)
	work, err := c.GetActivityTask(t.Context(), &sfn.GetActivityTaskInput{ActivityArn: a.ActivityArn})
	if err != nil || len(*work.Input) < len(large) {
		t.Fatalf("the task has an input of %d bytes (%v)", len(aws.ToString(work.Input)), err)
	}
	if _, err := c.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: work.TaskToken, Output: aws.String(`{"items":[1,` + large + `]}`)}); err != nil {
		t.Fatal(err)
	}
	if got := await(t, c, x); got.Status != types.ExecutionStatusSucceeded || *got.Output != "[1,"+large+"]" {
		t.Fatalf("it ended with %v: %s", got.Status, aws.ToString(got.Cause))
	}
	pages := sfn.NewGetExecutionHistoryPaginator(c, &sfn.GetExecutionHistoryInput{ExecutionArn: x})
	var whole, events int
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range page.Events {
			events++
			if d := ev.StateExitedEventDetails; d != nil && len(aws.ToString(d.Output)) > 20<<20 {
				whole++
			}
		}
	}
	if whole != 3 {
		t.Errorf("%d of %d events are exits with 20 MiB, want 3", whole, events)
	}
}

// TestOpenExecutions has as many executions as may run, and one more when one has ended.
func TestOpenExecutions(t *testing.T) {
	noLeaks(t)
	n, log := limited(t, t.TempDir(), "aws", "open-executions", "2")
	c, ctx := sdk(t, n), t.Context()
	m, err := c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("m"), RoleArn: aws.String(atHome.RoleARN("r")),
		Definition: aws.String(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}}`)})
	if err != nil {
		t.Fatal(err)
	}
	start := func(name, input string) (*string, error) {
		x, err := c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: m.StateMachineArn, Name: &name, Input: &input})
		if err != nil {
			return nil, err
		}
		return x.ExecutionArn, nil
	}
	for _, step := range []struct{ name, input, want string }{
		{"a", "1", ""}, {"b", "1", ""}, {"c", "1", "ExecutionLimitExceeded"}, {"a", "1", ""}, {"a", "2", "ExecutionAlreadyExists"}, {"c", "1", "ExecutionLimitExceeded"},
	} {
		if _, err := start(step.name, step.input); code(err) != step.want {
			t.Errorf("%s with %s: %v, want %q", step.name, step.input, err, step.want)
		}
	}
	if _, err := c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: aws.String(arn.Execution(*m.StateMachineArn, "a"))}); err != nil {
		t.Fatal(err)
	}
	if _, err := start("c", "1"); err != nil {
		t.Error(err)
	}
	if _, err := start("d", "1"); code(err) != "ExecutionLimitExceeded" {
		t.Errorf("one more after the next: %v", err)
	}
	if !strings.Contains(log.String(), "limit=open-executions") {
		t.Errorf("the log does not name the limit: %s", log)
	}
}

// TestRequestLimits hits limits of requests and of nouns; each is told by its name.
func TestRequestLimits(t *testing.T) {
	noLeaks(t)
	n, log := limited(t, t.TempDir(), "aws", "payload-bytes", "2KiB", "definition-bytes", "2KiB", "state-machines", "2", "activities", "1",
		"name-characters", "100", "tags", "2", "versions", "1", "aliases", "1", "rate.ListActivities", "2/0.001")
	c, ctx := sdk(t, n), t.Context()
	create := func(name string) error {
		_, err := c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: &name, RoleArn: aws.String(atHome.RoleARN("r")), Definition: aws.String(`{"StartAt":"P","States":{"P":{"Type":"Succeed"}}}`)})
		return err
	}
	check := func(err error, want, limit string) {
		t.Helper()
		if code(err) != want || !strings.Contains(log.String(), "limit="+limit) {
			t.Errorf("%v, want %s; the log: %s", err, want, log)
		}
	}
	long := strings.Repeat("x", 100)
	for _, name := range []string{"a", long} {
		if err := create(name); err != nil {
			t.Fatal(err)
		}
	}
	check(create(long+"x"), "ValidationException", "name-characters")
	check(create("c"), "StateMachineLimitExceeded", "state-machines")
	if _, err := c.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: aws.String(atHome.StateMachineARN("a"))}); err != nil {
		t.Fatal(err)
	}
	if err := create("c"); err != nil {
		t.Error(err)
	}
	if _, err := c.CreateActivity(ctx, &sfn.CreateActivityInput{Name: aws.String("a")}); err != nil {
		t.Fatal(err)
	}
	_, err := c.CreateActivity(ctx, &sfn.CreateActivityInput{Name: aws.String("b")})
	check(err, "ActivityLimitExceeded", "activities")
	_, err = c.CreateActivity(ctx, &sfn.CreateActivityInput{Name: aws.String("a")})
	check(err, "", "activities")
	_, err = c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(atHome.StateMachineARN(long)), Input: aws.String(`"` + strings.Repeat("x", 2<<10) + `"`)})
	check(err, "ValidationException", "payload-bytes")
	_, err = c.ValidateStateMachineDefinition(ctx, &sfn.ValidateStateMachineDefinitionInput{Definition: aws.String(strings.Repeat(" ", 2<<10) + "{}")})
	check(err, "ValidationException", "definition-bytes")
	tag := func(key string) types.Tag { return types.Tag{Key: &key, Value: aws.String("v")} }
	_, err = c.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: aws.String(atHome.StateMachineARN(long)), Tags: []types.Tag{tag("a"), tag("b"), tag("c")}})
	check(err, "TooManyTags", "tags")
	for range 2 {
		if _, err := c.ListActivities(ctx, &sfn.ListActivitiesInput{}); err != nil {
			t.Error(err)
		}
	}
	_, err = c.ListActivities(ctx, &sfn.ListActivitiesInput{}, func(o *sfn.Options) { o.Retryer = aws.NopRetryer{} })
	check(err, "ThrottlingException", "rate.ListActivities")
	if _, body := get(t, n.URL()+"/metrics"); !strings.Contains(body, `aws_states_throttled_events_total{api_name="ListActivities"} 1`) {
		t.Error("the call that was refused is not counted")
	}
	testVersionLimits(t, c, atHome.StateMachineARN("c"), check)
}

func testVersionLimits(t *testing.T, c *sfn.Client, machine string, check func(error, string, string)) {
	t.Helper()
	ctx := t.Context()
	update := &sfn.UpdateStateMachineInput{StateMachineArn: &machine, Publish: true, Definition: aws.String(`{"StartAt":"Q","States":{"Q":{"Type":"Succeed"}}}`)}
	v, err := c.UpdateStateMachine(ctx, update)
	if err != nil {
		t.Fatal(err)
	}
	update.Definition = aws.String(`{"StartAt":"R","States":{"R":{"Type":"Succeed"}}}`)
	_, err = c.UpdateStateMachine(ctx, update)
	check(err, "ServiceQuotaExceededException", "versions")
	for _, name := range []string{"a", "b"} {
		_, err = c.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: &name,
			RoutingConfiguration: []types.RoutingConfigurationListItem{{StateMachineVersionArn: v.StateMachineVersionArn, Weight: 100}}})
		if name == "a" && err != nil {
			t.Fatal(err)
		}
	}
	check(err, "ServiceQuotaExceededException", "aliases")
}

package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// campaign is a server that is killed again and again while Map Runs go through a large file, Express executions are
// started, executions are redriven and versions published.
type campaign struct {
	t       *testing.T
	server  *server
	client  *sfn.Client
	buckets string // the directory of buckets
	ctx     context.Context
	over    chan struct{} // closed when nothing new is to be begun
	clients sync.WaitGroup

	mu        sync.Mutex // guards what follows
	rnd       *rand.Rand
	calls     map[string]int  // of the functions, by the id in their input
	mended    map[string]bool // the ids for which the function mend does not fail
	acks      []string        // ids of the Express executions that were acknowledged
	syncs     []string        // ids of those that were waited for, whatever was heard
	broken    []*redriven     // executions that were redriven
	published map[string]int  // the revision of each version of changing, by its ARN
}

// TestKillMapRuns kills the program in the middle of Map Runs of both types, before and after it answers, among Express
// executions and redrives.
func TestKillMapRuns(t *testing.T) {
	n := *kills
	if testing.Short() {
		n = min(n, 3)
	}
	c := newCampaign(t)
	c.populate()
	c.clients.Go(c.expresser)
	c.clients.Go(c.mender)
	c.clients.Go(c.runMender)
	c.clients.Go(c.publisher)
	done, rounds := 0, 0
	for ; done < n && !t.Failed(); rounds++ {
		done += c.mapRound(rounds, n-done)
	}
	close(c.over)
	c.clients.Wait()
	c.server.kill()
	if _, err := c.server.run(c.ctx); err != nil {
		t.Fatal(err)
	}
	c.auditExpress()
	c.auditRedrives()
	c.auditVersions()
	c.auditLog()
	t.Logf("seed %d: %d kills, %d Map Runs of %d lines, %d Express executions, %d redrives, %d versions",
		*seed, done, len(childTypes)*rounds, lines, len(c.acks)+len(c.syncs), len(c.broken), len(c.published))
}

func newCampaign(t *testing.T) *campaign {
	c := &campaign{
		t: t, rnd: rand.New(rand.NewPCG(*seed, 2)), over: make(chan struct{}),
		published: make(map[string]int), calls: make(map[string]int), mended: make(map[string]bool), buckets: t.TempDir(),
	}
	ctx, end := context.WithTimeout(t.Context(), timeLeft(t))
	c.ctx = ctx
	functions := httptest.NewServer(c.functions())
	c.server = newServer(t, "--s3-directory", c.buckets, "--function", "mark="+functions.URL+"/mark", "--function", "mend="+functions.URL+"/mend")
	c.client = c.server.client
	t.Cleanup(func() {
		end()
		c.server.kill()
		functions.CloseClientConnections()
		functions.Close()
		c.clients.Wait()
	})
	if _, err := c.server.run(ctx); err != nil {
		t.Fatal(err)
	}
	return c
}

// functions serves mark, which counts its calls and gives back its input, and mend, which does so once it may.
func (c *campaign) functions() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller died
		}
		var in struct{ ID string }
		if err := json.Unmarshal(body, &in); err != nil {
			c.t.Errorf("a function was called with %q: %v", body, err)
		}
		c.mu.Lock()
		c.calls[strings.TrimPrefix(r.URL.Path, "/")+" "+in.ID]++
		fails := r.URL.Path == "/mend" && !c.mended[in.ID]
		c.mu.Unlock()
		if fails {
			answerError(rw, "Broken", "until it is mended")
			return
		}
		answer(rw, json.RawMessage(body))
	})
}

func (c *campaign) intn(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rnd.IntN(n)
}

func (c *campaign) isOver() bool {
	select {
	case <-c.over:
		return true
	case <-c.ctx.Done():
		return true
	default:
		return false
	}
}

// must makes a call until its outcome is known, and fails the test when it is refused.
func (c *campaign) must(what string, call func(context.Context) error) (ok bool) {
	_, err := insist(c.ctx, call)
	if err != nil {
		c.t.Errorf("%s: %v", what, err)
	}
	return err == nil
}

func (c *campaign) create(name string, typ types.StateMachineType, definition string) {
	c.must("creating "+name, func(ctx context.Context) error {
		_, err := c.client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
			Name: &name, Definition: &definition, RoleArn: aws.String(role), Type: typ,
		})
		return err
	})
}

func (c *campaign) populate() {
	if err := os.MkdirAll(filepath.Join(c.buckets, "data"), 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(c.buckets, "results"), 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.buckets, "data", "lines.csv"), csvOf(lines), 0o600); err != nil {
		c.t.Fatal(err)
	}
	for _, typ := range childTypes {
		c.create("mapped"+typ, types.StateMachineTypeStandard, mapDefinition(typ))
	}
	for _, typ := range childTypes {
		c.create("mendingrun"+typ, types.StateMachineTypeStandard, mendRunDefinition(typ))
	}
	c.create("express", types.StateMachineTypeExpress, expressDefinition)
	c.create("changing", types.StateMachineTypeStandard, revision(0))
	c.create("mending", types.StateMachineTypeStandard, mendDefinition)
}

// kill kills the program, sometimes the next one before it answers too, and waits until one answers. It returns how many
// were killed.
func (c *campaign) kill() int {
	n := 1
	c.server.kill()
	if err := c.server.start(); err != nil {
		c.t.Fatal(err)
	}
	if c.intn(4) == 0 {
		n++
		pause(c.ctx, time.Duration(c.intn(60))*time.Millisecond)
		c.server.kill()
		if err := c.server.start(); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := c.server.answered(c.ctx); err != nil {
		c.t.Fatal(err)
	}
	return n
}

// start starts an execution, under its name until that is known to have been done. What it returns is the execution's ARN
// when machine names no alias.
func (c *campaign) start(machine, name, input string) string {
	c.must("starting "+name, func(ctx context.Context) error {
		_, err := c.client.StartExecution(ctx, &sfn.StartExecutionInput{
			StateMachineArn: aws.String(arnOf("stateMachine:" + machine)), Name: &name, Input: &input,
		})
		if codeOf(err) == "ExecutionAlreadyExists" { // it was begun by a call that was not answered, and has ended
			return nil
		}
		return err
	})
	return arnOf("execution:" + machine + ":" + name)
}

// ended waits for the end of an execution; nil: the test is over.
func (c *campaign) ended(arn string) *sfn.DescribeExecutionOutput {
	for {
		var d *sfn.DescribeExecutionOutput
		if !c.must("describing "+arn, func(ctx context.Context) (err error) {
			d, err = c.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
			return err
		}) {
			return nil
		}
		if d.Status != types.ExecutionStatusRunning {
			return d
		}
		if !pause(c.ctx, 20*time.Millisecond) {
			return nil
		}
	}
}

func (c *campaign) auditLog() {
	log, err := os.ReadFile(c.server.logFile())
	if err != nil {
		c.t.Error(err)
	}
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, "please report it") || strings.HasPrefix(line, "panic:") {
			c.t.Errorf("the program told a fault of its own: %s", line)
		}
	}
}

const expressDefinition = `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"T"},
	"T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:mark","End":true}}}`

// expresser starts Express executions and waits for some of them.
func (c *campaign) expresser() {
	machine := arnOf("stateMachine:express")
	for n := 0; !c.isOver(); n++ {
		id := fmt.Sprint("express-", n)
		input := fmt.Sprintf(`{"id":%q}`, id)
		if n%8 == 0 {
			c.clients.Go(func() { c.startSync(machine, id, input) })
		} else {
			c.must("starting an Express execution", func(ctx context.Context) error {
				_, err := c.client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &machine, Input: &input})
				return err
			})
			c.mu.Lock()
			c.acks = append(c.acks, id)
			c.mu.Unlock()
		}
		pause(c.ctx, time.Duration(c.intn(40))*time.Millisecond)
	}
}

// startSync starts an Express execution once and waits for it. What became of it may never be heard.
func (c *campaign) startSync(machine, id, input string) {
	c.mu.Lock()
	c.syncs = append(c.syncs, id)
	c.mu.Unlock()
	out, err := c.client.StartSyncExecution(c.ctx, &sfn.StartSyncExecutionInput{StateMachineArn: &machine, Input: &input})
	switch {
	case err == nil && (out.Status != types.SyncExecutionStatusSucceeded || aws.ToString(out.Output) != input || c.called("mark "+id) != 1):
		c.t.Errorf("%s ended %s with %s, and its function was called %d times", id, out.Status, aws.ToString(out.Output), c.called("mark "+id))
	case err != nil && settled(err):
		c.t.Errorf("starting %s: %v", id, err)
	}
}

func (c *campaign) called(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[what]
}

// auditExpress waits until every Express execution that was acknowledged has come to its end, and checks that none ran
// twice whose caller waited.
func (c *campaign) auditExpress() {
	until := time.Now().Add(stuckAfter)
	for _, id := range c.acks {
		for c.called("mark "+id) == 0 {
			if !pause(c.ctx, 10*time.Millisecond) || time.Now().After(until) {
				c.t.Fatalf("%s was acknowledged, and never came to its end", id)
			}
		}
	}
	for _, id := range c.syncs {
		if n := c.called("mark " + id); n > 1 {
			c.t.Errorf("%s came to its end %d times", id, n)
		}
	}
}

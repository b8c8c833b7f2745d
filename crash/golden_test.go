package crash

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/cockroachdb/pebble/v2"
)

// goldenRoot holds directories of every format that a build ever wrote, as a kill -9 left them. Every later build has
// to go on with them. One is made by
//
//	go test ./crash -run TestWriteGolden -golden NAME
//
// and -program FILE, to have it written by another build than that of this checkout.
const goldenRoot = "../pebblestore/testdata/golden"

// goldenLedger is the file of a golden directory in which stands what its server told.
const goldenLedger = "ledger.json"

// saved is an execution in the ledger.
type saved struct {
	Kind     string
	N        int
	Seconds  int
	Start    time.Time
	End      *savedEnding
	Stopping bool
	Tokens   []string
	Offered  []savedEnding
	Accepted []savedEnding
}

type savedEnding struct{ Status, Output, Error, Cause string }

func saveEnding(e ending) savedEnding {
	return savedEnding{string(e.status), e.output, e.error, e.cause}
}

func (e savedEnding) ending() ending {
	return ending{types.ExecutionStatus(e.Status), e.Output, e.Error, e.Cause}
}

// TestWriteGolden writes a golden directory. It needs -golden.
func TestWriteGolden(t *testing.T) {
	if *golden == "" {
		t.Skip("it writes a new golden directory, when -golden names it")
	}
	w := newWorld(t, *seed, 40)
	tag := []types.Tag{{Key: aws.String("team"), Value: aws.String("gold")}}
	if _, err := w.client.TagResource(w.ctx, &sfn.TagResourceInput{ResourceArn: aws.String(arnOf("stateMachine:wait")), Tags: tag}); err != nil {
		t.Fatal(err)
	}
	w.live()
	<-w.opened
	missing := w.killUntilRich(t)
	if missing != "" {
		t.Fatalf("after many kills there were never rows of all kinds at once; those of %q were missing last", missing)
	}
	w.end()
	w.clients.Wait()
	w.saveGolden(t, filepath.Join(goldenRoot, *golden))
}

// killUntilRich kills the server until it leaves rows of every kind, and returns the kinds that were missing at the
// last kill.
func (w *world) killUntilRich(t *testing.T) (missing string) {
	for range 200 {
		pause(w.ctx, 200*time.Millisecond+w.upTo(time.Second))
		w.server.kill()
		if missing = missingKinds(t, filepath.Join(w.server.data, "store")); missing == "" {
			return ""
		}
		if _, err := w.server.run(w.ctx); err != nil {
			t.Fatal(err)
		}
	}
	return missing
}

// missingKinds returns the prefixes of which a store has no rows, in a copy of it.
func missingKinds(t *testing.T, store string) string {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(store)); err != nil {
		t.Fatal(err)
	}
	db, err := pebble.Open(dir, &pebble.Options{Logger: quiet{}, FormatMajorVersion: pebble.FormatTableFormatV6})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // of a copy
	const kinds = "vextwqnicm"
	missing := kinds
	it, err := db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		missing = strings.ReplaceAll(missing, string(it.Key()[:1]), "")
	}
	if err := errors.Join(it.Error(), it.Close()); err != nil {
		t.Fatal(err)
	}
	return missing
}

func (w *world) saveGolden(t *testing.T, dir string) {
	store := filepath.Join(dir, "data", "store")
	if err := os.CopyFS(store, os.DirFS(filepath.Join(w.server.data, "store"))); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Glob(filepath.Join(store, "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range logs { // they are longer than what is in them
		text, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, append(bytes.TrimRight(text, "\x00"), make([]byte, 64)...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var ledger []saved
	for _, x := range w.executions {
		e := saved{Kind: x.kind.name, N: x.n, Seconds: x.seconds, Start: x.start, Stopping: x.stopping, Tokens: x.tokens}
		if x.end != nil {
			end := saveEnding(*x.end)
			e.End = &end
		}
		for _, a := range x.offered {
			e.Offered = append(e.Offered, saveEnding(a))
		}
		for _, a := range x.accepted {
			e.Accepted = append(e.Accepted, saveEnding(a))
		}
		ledger = append(ledger, e)
	}
	text, err := json.MarshalIndent(ledger, "", " ")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, goldenLedger), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestGolden opens a copy of every golden directory with the present build: all that was acknowledged is there, goes on
// and ends as it has to.
func TestGolden(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(goldenRoot, "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("there are no golden directories: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) { goOnFrom(t, dir) })
	}
}

func goOnFrom(t *testing.T, dir string) {
	text, err := os.ReadFile(filepath.Join(dir, goldenLedger))
	if err != nil {
		t.Fatal(err)
	}
	var ledger []saved
	if err := json.Unmarshal(text, &ledger); err != nil {
		t.Fatal(err)
	}
	w := emptyWorld(t, *seed, len(ledger))
	if err := os.CopyFS(w.server.data, os.DirFS(filepath.Join(dir, "data"))); err != nil {
		t.Fatal(err)
	}
	for _, e := range ledger {
		w.recall(t, e)
	}
	if _, err := w.server.run(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.checkTags(t)
	w.serve()
	for _, x := range w.executions {
		w.takeUp(x)
	}
	t.Logf("%d executions audited", w.finish(t))
}

// recall makes an execution of the ledger known.
func (w *world) recall(t *testing.T, e saved) {
	x := w.newExecution()
	x.kind = nil
	for _, k := range kinds {
		if k.name == e.Kind {
			x.kind = k
		}
	}
	if x.kind == nil || x.n != e.N {
		t.Fatalf("the ledger's %+v is no execution of this world", e)
	}
	delete(w.byName, x.name)
	x.seconds, x.start, x.stopping, x.tokens, x.late = e.Seconds, e.Start, e.Stopping, e.Tokens, true
	x.name = fmt.Sprintf("%s-%d", e.Kind, e.N)
	x.arn = arnOf("execution:" + e.Kind + ":" + x.name)
	w.byName[x.name] = x
	if e.End != nil {
		end := e.End.ending()
		x.end = &end
	}
	for _, a := range e.Offered {
		x.offered = append(x.offered, a.ending())
	}
	for _, a := range e.Accepted {
		x.accepted = append(x.accepted, a.ending())
	}
}

// takeUp goes on with an execution that was recalled, when it is there.
func (w *world) takeUp(x *execution) {
	if x.end != nil {
		w.look(x, true)
		return
	}
	d, err := w.describe(w.ctx, x.arn)
	switch {
	case err == nil:
		w.slots <- struct{}{}
		w.acknowledged(x, *d.StartDate)
		for _, token := range x.tokens {
			w.clients.Go(func() { w.answerToken(x.name, token) })
		}
	case !x.start.IsZero():
		w.wrong("%s was acknowledged, and then: %v", x.name, err)
	}
}

func (w *world) checkTags(t *testing.T) {
	out, err := w.client.ListTagsForResource(w.ctx, &sfn.ListTagsForResourceInput{ResourceArn: aws.String(arnOf("stateMachine:wait"))})
	if err != nil || len(out.Tags) != 1 || aws.ToString(out.Tags[0].Value) != "gold" {
		t.Errorf("the tags of a machine: %+v, %v", out, err)
	}
}

package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/memstore"
)

// testModel does the same random calls to a store and to a memstore and wants the same answers. rapid prints
// the seed and the shortest sequence of calls that fails.
func testModel(t *testing.T, fresh func(t testing.TB) *Subject) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &machines{ctx: context.Background(), subject: fresh(t), model: memstore.New()}
		defer func() {
			if err := m.subject.Close(); err != nil {
				rt.Fatal(err)
			}
		}()
		m.acquire(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"commit":  m.commit,
			"commit2": m.commit, // the more commits, the more there is to see
			"send":    m.send,
			"expire":  m.expire,
			"release": m.release,
			"reopen":  m.reopen,
			"":        m.compare,
		})
	})
}

// machines is a store and its model. Both see a small world, so that calls meet: a few executions of two state
// machines in three shards, few names, numbers and keys.
type machines struct {
	ctx     context.Context
	subject *Subject
	model   *memstore.Store
	// leases and old hold the present and a past lease of each shard, in the subject and in the model.
	leases, old [2]map[statelark.ShardID]statelark.Lease
	// last is the last event of each execution as far as commits were taken; what is wrong on purpose goes by it.
	last map[statelark.ExecID]int64
}

const (
	worldExecs  = 9
	worldShards = 3
)

// worldExec returns execution n of the world.
func worldExec(n int) statelark.ExecID { return id(n, statelark.ShardID(n%worldShards)) }

func worldMachine(n int) string { return fmt.Sprintf("%s%d", machine, n%2) }

// worldRecord returns the record of execution n. Some executions have the name of another.
func worldRecord(n int) *statelark.Execution {
	x := record(worldExec(n), fmt.Sprintf("name%d", n%7))
	x.Machine = worldMachine(n)
	if n%4 == 3 {
		x.MapRun, x.Items = worldMapRun, int64(n)
	}
	if n%3 > 0 {
		x.Version = x.Machine + worldVersion
	}
	if n%3 == 2 {
		x.Alias = x.Machine + worldAlias
	}
	if n%5 == 4 {
		x.Fork = &statelark.Origin{ARN: worldOrigin, State: "S", Event: int64(n), Variables: uint32(n % 2)}
	}
	return x
}

// worldVersion and worldAlias follow the ARNs of state machines whose versions and aliases start executions.
const (
	worldVersion = ":1"
	worldAlias   = ":PROD"
)

// worldLists returns all lists of executions there may be.
func worldLists() []string {
	lists := []string{worldMapRun, statelark.ForkList(worldOrigin)}
	for n := range 2 {
		m := worldMachine(n)
		lists = append(lists, m, m+worldVersion, m+worldAlias)
	}
	return lists
}

// worldOrigin is what some executions of the world are forked from.
const worldOrigin = "arn:origin"

// worldMapRun is the Map Run of some executions of the world.
const worldMapRun = machine + "/label:run"

func (m *machines) stores() [2]statelark.Store { return [2]statelark.Store{m.subject, m.model} }

// acquire takes all leases that are free, in both.
func (m *machines) acquire(t *rapid.T) {
	for i, s := range m.stores() {
		got, err := s.Acquire(m.ctx, "node", statelark.Shards)
		if err != nil {
			t.Fatal(err)
		}
		if m.leases[i] == nil {
			m.leases[i] = make(map[statelark.ShardID]statelark.Lease)
			m.old[i] = make(map[statelark.ShardID]statelark.Lease)
		}
		for _, l := range got {
			if before, ok := m.leases[i][l.Shard]; ok {
				m.old[i][l.Shard] = before
			}
			m.leases[i][l.Shard] = l
		}
	}
}

// release gives a lease back and takes it again, in both.
func (m *machines) release(t *rapid.T) {
	shard := drawShard(t)
	for i, s := range m.stores() {
		if err := s.Release(m.ctx, "node", []statelark.Lease{m.leases[i][shard]}); err != nil {
			t.Fatal(err)
		}
	}
	m.acquire(t)
}

func (m *machines) reopen(t *rapid.T) {
	end := m.subject.Reopen
	if m.subject.Crash != nil && rapid.Bool().Draw(t, "crash") {
		end = m.subject.Crash
	}
	if end == nil {
		t.Skip("this store forgets")
	}
	var err error
	if m.subject.Store, err = end(); err != nil {
		t.Fatal(err)
	}
	m.acquire(t)
}

// kind returns the error of the contract that err is.
func kind(err error) error {
	for _, e := range []error{statelark.ErrFenced, statelark.ErrConflict, statelark.ErrExists, statelark.ErrNotFound, statelark.ErrUnavailable} {
		if errors.Is(err, e) {
			return e
		}
	}
	return err
}

func (m *machines) commit(t *rapid.T) {
	if m.last == nil {
		m.last = make(map[statelark.ExecID]int64)
	}
	last := make(map[statelark.ExecID]int64)
	var b statelark.Batch
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		b.Changes = append(b.Changes, m.drawChange(t, last))
	}
	for range rapid.IntRange(0, 2).Draw(t, "metas") {
		b.Meta = append(b.Meta, drawMeta(t))
	}
	for range rapid.IntRange(0, 2).Draw(t, "index rows") {
		b.Index = append(b.Index, statelark.IndexOp{Key: drawIndexKey(t), Data: drawData(t)})
	}
	stale := -1
	if rapid.IntRange(0, 9).Draw(t, "stale") == 0 {
		stale = int(drawShard(t))
	}
	var errs [2]error
	for i, s := range m.stores() {
		b.Fences = m.fences(i, stale)
		errs[i] = s.Commit(m.ctx, &b)
	}
	// Of several faults in a batch, each store may name another.
	if one := len(b.Changes)+len(b.Meta) == 1 && stale < 0; one && kind(errs[0]) != kind(errs[1]) || (errs[0] == nil) != (errs[1] == nil) {
		t.Fatalf("Commit ends with %v, the model's with %v", errs[0], errs[1])
	}
	if errs[1] == nil {
		for exec, n := range last {
			m.last[exec] = n
		}
	}
}

// fences returns the fences of the world's shards for store i, that of the shard stale from a past lease.
func (m *machines) fences(i, stale int) []statelark.Fence {
	var fences []statelark.Fence
	for shard := range statelark.ShardID(worldShards) {
		l := m.leases[i][shard]
		if int(shard) == stale {
			l = m.old[i][shard]
		}
		fences = append(fences, statelark.Fence{Shard: shard, Epoch: l.Epoch})
	}
	return fences
}

func drawShard(t *rapid.T) statelark.ShardID {
	return statelark.ShardID(rapid.IntRange(0, worldShards-1).Draw(t, "shard"))
}

func drawExec(t *rapid.T) int { return rapid.IntRange(0, worldExecs-1).Draw(t, "execution") }

// drawData returns a row's data, nil among others.
func drawData(t *rapid.T) []byte {
	return rapid.SampledFrom([][]byte{nil, {}, []byte("a"), []byte("bb"), make([]byte, 40)}).Draw(t, "data")
}

func drawSeq(t *rapid.T) uint64 {
	return rapid.SampledFrom([]uint64{0, 1, 2, 255, 256, math.MaxUint64}).Draw(t, "seq")
}

func drawDue(t *rapid.T) time.Time {
	return epoch.Add(time.Duration(rapid.IntRange(-2, 3).Draw(t, "due")) * time.Hour)
}

// drawMessages draws up to 2 messages, to receivers that need not be there.
func drawMessages(t *rapid.T) []statelark.Message {
	var messages []statelark.Message
	for range rapid.IntRange(0, 2).Draw(t, "messages") {
		key := statelark.MessageKey{To: worldExec(drawExec(t)), Seq: drawSeq(t)}
		messages = append(messages, statelark.Message{MessageKey: key, Data: drawData(t)})
	}
	return messages
}

// drawChange draws a change that is right most of the time. last notes the events that it adds.
func (m *machines) drawChange(t *rapid.T, last map[statelark.ExecID]int64) *statelark.Change {
	n := drawExec(t)
	c := &statelark.Change{Exec: worldExec(n)}
	if rapid.IntRange(0, 5).Draw(t, "only messages") == 0 {
		c.Consumed = []statelark.MessageKey{{To: c.Exec, Seq: drawSeq(t)}}
		c.Sends = drawMessages(t)
		return c
	}
	before, known := last[c.Exec]
	if !known {
		before, known = m.last[c.Exec]
	}
	if c.Start = known == (rapid.IntRange(0, 9).Draw(t, "wrong start") == 0); c.Start {
		before, c.Execution = 0, worldRecord(n)
		last[c.Exec] = 0
	}
	if rapid.Bool().Draw(t, "block") {
		c.Block = []byte("block")
		c.First = before + 1
		c.Last = c.First + int64(rapid.IntRange(0, 4).Draw(t, "more events"))
		if rapid.IntRange(0, 14).Draw(t, "wrong block") == 0 {
			c.First += int64(rapid.IntRange(-1, 1).Draw(t, "off by"))
		}
		last[c.Exec] = c.Last
	}
	if rapid.IntRange(0, 3).Draw(t, "record") == 0 {
		c.Execution = worldRecord(n)
		c.Execution.Status = statelark.Status(rapid.IntRange(1, 5).Draw(t, "status"))
		if c.Execution.Status != statelark.Running {
			c.Execution.Stop = drawDue(t)
		}
		if c.Execution.Redrives = int64(rapid.IntRange(0, 2).Draw(t, "redrives")); c.Execution.Redrives > 0 {
			c.Execution.Redriven = drawDue(t)
		}
		c.Close = !c.Start && rapid.Bool().Draw(t, "close")
		c.Keep = c.Close && rapid.Bool().Draw(t, "keep")
	}
	drawRows(t, c)
	return c
}

// drawRows gives c rows of all kinds.
func drawRows(t *rapid.T, c *statelark.Change) {
	for range rapid.IntRange(0, 2).Draw(t, "threads") {
		c.Threads = append(c.Threads, statelark.ThreadRow{Thread: uint32(drawSeq(t)), Data: drawData(t)})
	}
	for range rapid.IntRange(0, 2).Draw(t, "works") {
		c.Work = append(c.Work, statelark.WorkOp{Seq: drawSeq(t), Data: drawData(t)})
	}
	for range rapid.IntRange(0, 2).Draw(t, "timers") {
		c.Timers = append(c.Timers, statelark.TimerOp{Seq: drawSeq(t), Due: drawDue(t), Cancel: rapid.Bool().Draw(t, "cancel")})
	}
	if rapid.IntRange(0, 4).Draw(t, "blob") == 0 {
		c.Blobs = append(c.Blobs, statelark.Blob{ID: 1, Data: []byte("blob")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "consumed") {
		c.Consumed = append(c.Consumed, statelark.MessageKey{To: c.Exec, Seq: drawSeq(t)})
	}
	c.Sends = drawMessages(t)
}

func drawMeta(t *rapid.T) statelark.MetaOp {
	return statelark.MetaOp{
		Key:    rapid.SampledFrom([]string{"a", "a/1", "a/2", "b"}).Draw(t, "key"),
		Value:  drawData(t),
		Expect: rapid.SampledFrom([]int64{statelark.AnyRevision, statelark.AnyRevision, 0, 1, 2}).Draw(t, "expect"),
	}
}

func drawIndexKey(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "n/1", "n/10", "n/2", "o/1"}).Draw(t, "index key")
}

func (m *machines) send(t *rapid.T) {
	messages := drawMessages(t)
	for _, s := range m.stores() {
		if err := s.Send(m.ctx, messages); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *machines) expire(t *rapid.T) {
	before, budget := drawDue(t), rapid.IntRange(0, 3).Draw(t, "budget")
	var removed [2]int
	for i, s := range m.stores() {
		var err error
		if removed[i], err = s.Expire(m.ctx, before, budget); err != nil {
			t.Fatal(err)
		}
	}
	if removed[0] != removed[1] {
		t.Fatalf("Expire removes %d, the model's %d", removed[0], removed[1])
	}
	for exec := range m.last {
		if _, err := m.model.Execution(m.ctx, exec); errors.Is(err, statelark.ErrNotFound) {
			delete(m.last, exec)
		}
	}
}

// compare reads all of the world from both, and some of it by pages.
func (m *machines) compare(t *rapid.T) {
	var execs []statelark.ExecID
	for n := range worldExecs {
		execs = append(execs, worldExec(n))
	}
	page := m.drawPage(t)
	var seen [2]*state
	var pages [2][]any
	for i, s := range m.stores() {
		var err error
		seen[i], err = look(m.ctx, s, execs, []statelark.ShardID{0, 1, 2}, worldLists())
		if err != nil {
			t.Fatal(err)
		}
		pages[i] = page(s)
	}
	if diff := cmp.Diff(seen[1], seen[0], cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("the store differs from the model (-model +store):\n%s", diff)
	}
	if diff := cmp.Diff(pages[1], pages[0], cmpopts.EquateEmpty(), cmpopts.EquateErrors()); diff != "" {
		t.Fatalf("a page differs from the model's (-model +store):\n%s", diff)
	}
}

// drawPage draws the arguments of one call of each read that pages or looks up, and returns those calls.
func (m *machines) drawPage(t *rapid.T) func(statelark.Store) []any {
	n, shard, exec := rapid.IntRange(0, 4).Draw(t, "n"), drawShard(t), worldExec(drawExec(t))
	key := statelark.MessageKey{To: id(drawExec(t), shard), Seq: drawSeq(t)}
	timer := statelark.Timer{Due: drawDue(t), Exec: key.To, Seq: key.Seq}
	until := drawDue(t)
	first, reverse := int64(rapid.IntRange(-1, 12).Draw(t, "first")), rapid.Bool().Draw(t, "reverse")
	q := statelark.ExecutionQuery{
		Machine: rapid.SampledFrom(worldLists()).Draw(t, "list"), Status: statelark.Status(rapid.IntRange(0, 5).Draw(t, "status")),
		Before: exec, Limit: n,
	}
	of, after := rapid.SampledFrom([]string{"", "a", "a/"}).Draw(t, "prefix"), rapid.SampledFrom([]string{"", "a", "a/1"}).Draw(t, "after")
	rows, row := rapid.SampledFrom([]string{"", "n", "n/1"}).Draw(t, "rows"), drawIndexKey(t)
	return func(s statelark.Store) []any {
		var out []any
		add := func(v any, err error) { out = append(out, v, kind(err)) }
		add(s.Inbox(m.ctx, shard, key, n))
		add(s.Work(m.ctx, shard, key, n))
		add(s.Timers(m.ctx, shard, until, timer, n))
		add(s.History(m.ctx, exec, first, n, reverse))
		add(s.Ends(m.ctx, exec))
		add(s.Executions(m.ctx, q))
		add(s.MetaList(m.ctx, of, after, n))
		add(s.Lookup(m.ctx, q.Machine, fmt.Sprintf("name%d", n)))
		add(s.Blob(m.ctx, exec, 1))
		add(s.Meta(m.ctx, of))
		add(s.Newest(m.ctx, exec, n))
		add(s.Ended(m.ctx, statelark.End{At: timer.Due, Exec: exec}, n))
		add(s.Index(m.ctx, row))
		add(s.IndexList(m.ctx, rows, row, n))
		return out
	}
}

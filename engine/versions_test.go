package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/task"
)

// result is a state machine that ends with a result.
func result(n int) string {
	return fmt.Sprintf(`{"StartAt":"P","States":{"P":{"Type":"Pass","Result":%d,"End":true}}}`, n)
}

func (r *rig) publish(m string) string {
	r.t.Helper()
	v, err := r.PublishVersion(context.Background(), m, "", "")
	if err != nil {
		r.t.Fatal(err)
	}
	return v.ARN()
}

func (r *rig) alias(m, name string, routes ...statelark.Route) string {
	r.t.Helper()
	a, err := r.CreateAlias(context.Background(), &statelark.Alias{Machine: m, Name: name, Routes: routes})
	if err != nil {
		r.t.Fatal(err)
	}
	return a.ARN()
}

// numbers returns the numbers of the versions there are, as they are listed.
func (r *rig) numbers(m string) string {
	r.t.Helper()
	list, err := r.Versions(context.Background(), m, 0, 2000)
	if err != nil {
		r.t.Fatal(err)
	}
	var numbers []string
	for _, v := range list {
		numbers = append(numbers, fmt.Sprint(v.Number))
	}
	return strings.Join(numbers, " ")
}

func TestPublish(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", result(1))
		is(t, "the first", r.publish(m), m+":1")
		is(t, "the same revision again", r.publish(m), m+":1")
		r.update(m, result(2))
		is(t, "the next", r.publish(m), m+":2")
		if err := r.DeleteVersion(ctx, m, 2); err != nil {
			t.Fatal(err)
		}
		r.restart()
		is(t, "the same revision after a deletion", r.publish(m), m+":3")
		is(t, "versions", r.numbers(m), "3 1")
		second, err := r.StateMachine(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		r.update(m, result(3))
		third, err := r.StateMachine(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.PublishVersion(ctx, m, second.Revision, "") // it has a version, and is not the present one
		code(t, err, statelark.CodeConflict)
		if want := "for revision " + second.Revision + ". The current State Machine revision is " + third.Revision + "."; !strings.Contains(err.Error(), want) {
			t.Errorf("conflict: %v", err)
		}
		v, err := r.PublishVersion(ctx, m, third.Revision, "of the third")
		if err != nil || v.Number != 4 {
			t.Errorf("by its revision: %+v, %v", v, err)
		}
		old, err := r.StateMachine(ctx, m+":1")
		if err != nil || old.Definition != result(1) || old.Version.Number != 1 || old.Revision != statelark.InitialRevision {
			t.Errorf("version 1: %+v, %v", old, err)
		}
		_, err = r.StateMachine(ctx, m+":2")
		code(t, err, statelark.CodeStateMachineDoesNotExist)
		list, err := r.Versions(ctx, m, 4, 1)
		if err != nil || len(list) != 1 || list[0].Number != 3 {
			t.Errorf("page of versions: %v, %v", list, err)
		}
	})
}

func TestPublishWithCreationAndUpdate(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx := context.Background()
		wanted := statelark.StateMachine{
			ARN: here.StateMachineARN("M"), Name: "M", Type: statelark.Standard, Definition: result(1), RoleARN: role,
			Version: &statelark.Version{Description: "one"},
		}
		for range 2 {
			m, err := r.CreateStateMachine(ctx, &wanted)
			if err != nil || m.Version == nil || m.Version.ARN() != wanted.ARN+":1" || m.Version.Description != "one" {
				t.Fatalf("created: %+v, %v", m, err)
			}
			time.Sleep(time.Second)
		}
		for _, version := range []*statelark.Version{nil, {Description: "other"}} {
			other := wanted
			other.Version = version
			_, err := r.CreateStateMachine(ctx, &other)
			code(t, err, statelark.CodeStateMachineAlreadyExists)
		}
		for i, want := range []int64{1, 2, 2} { // the first and the last change nothing
			definition := result(min(i, 1) + 1)
			m, err := r.UpdateStateMachine(ctx, wanted.ARN, statelark.StateMachineUpdate{Definition: &definition, Publish: &statelark.Version{}})
			if err != nil || m.Version == nil || m.Version.Number != want || m.Definition != definition {
				t.Errorf("update %d: %+v, %v", i, m, err)
			}
		}
		is(t, "versions", r.numbers(wanted.ARN), "2 1")
	})
}

func TestQuotasOfVersionsAndAliases(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", result(0))
		for i := range 1000 {
			r.update(m, result(i+1))
			r.publish(m)
		}
		r.update(m, result(0))
		_, err := r.PublishVersion(ctx, m, "", "")
		code(t, err, statelark.CodeServiceQuotaExceeded)
		next := result(-1)
		_, err = r.UpdateStateMachine(ctx, m, statelark.StateMachineUpdate{Definition: &next, Publish: &statelark.Version{}})
		code(t, err, statelark.CodeServiceQuotaExceeded)
		if s, err := r.StateMachine(ctx, m); err != nil || s.Definition != result(0) {
			t.Errorf("an update that could not be published was made: %+v, %v", s, err)
		}
		for i := range 100 {
			r.alias(m, fmt.Sprint("a", i), statelark.Route{Version: 7, Weight: 100})
		}
		_, err = r.CreateAlias(ctx, &statelark.Alias{Machine: m, Name: "more", Routes: []statelark.Route{{Version: 7, Weight: 100}}})
		code(t, err, statelark.CodeServiceQuotaExceeded)
	})
}

// A version keeps its revision, and executions that run it keep it when the version has gone.
func TestAVersionKeepsItsRevision(t *testing.T) {
	inBubbleWith(t, Options{Owners: 2, Retention: time.Hour}, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":7200,"End":true}}}`)
		version := r.publish(m)
		r.update(m, passOnly)
		time.Sleep(5 * time.Hour)
		is(t, "revisions", r.records("revision/"), 2)
		r.restart()
		old := r.start(version, "old", `1`)
		time.Sleep(time.Second)
		if err := r.DeleteVersion(ctx, m, 1); err != nil {
			t.Fatal(err)
		}
		_, err := r.StartExecution(ctx, statelark.ExecutionStart{Machine: version, Name: "late", Input: "1"})
		code(t, err, statelark.CodeStateMachineDoesNotExist)
		time.Sleep(90 * time.Minute)
		is(t, "revisions while it runs", r.records("revision/"), 2)
		r.restart()
		time.Sleep(time.Hour)
		is(t, "status", r.describe(old).Status, statelark.Succeeded)
		time.Sleep(2 * time.Hour)
		is(t, "revisions after its retention", r.records("revision/"), 1)
		is(t, "marks", r.records("superseded/"), 0)
	})
}

// A start by a version that goes meanwhile either sees that or keeps the revision.
func TestAStartByAVersionThatIsBeingDeleted(t *testing.T) {
	inBubbleWith(t, Options{Owners: 2, Retention: time.Hour}, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", waitHour)
		version := r.publish(m)
		r.update(m, passOnly)
		a, err := r.admit(ctx, version, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.DeleteVersion(ctx, m, 1); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Hour)
		is(t, "revisions while a start is under way", r.records("revision/"), 2)
		a.enter()
		if err := r.look(ctx, a); err == nil {
			t.Error("a start was let in by a version that has gone")
		}
		r.leave(a.program)
		time.Sleep(time.Hour)
		is(t, "revisions when it is over", r.records("revision/"), 1)
	})
}

func TestStartThroughAVersionAndAnAlias(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", result(1))
		one := r.publish(m)
		r.update(m, result(2))
		r.publish(m)
		r.update(m, result(3))
		all, none := statelark.Route{Version: 1, Weight: 100}, statelark.Route{Version: 2, Weight: 0}
		live := r.alias(m, "live", all, none)
		r.restart()
		for _, c := range []struct{ through, output, version, alias string }{
			{m, "3", "", ""}, {one, "1", one, ""}, {m + ":2", "2", m + ":2", ""}, {live, "1", one, live},
		} {
			name := "e" + c.output + c.alias[max(0, len(c.alias)-4):]
			x, err := r.StartExecution(ctx, statelark.ExecutionStart{Machine: c.through, Name: name, Input: "{}"})
			if err != nil {
				t.Fatal(err)
			}
			is(t, "ARN", x.ARN(), arn.Execution(m, name))
			d := r.ended(x.ARN())
			is(t, "output through "+c.through, d.Output, c.output)
			is(t, "version", d.Version, c.version)
			is(t, "alias", d.Alias, c.alias)
			events, err := r.History(ctx, x.ARN(), 0, 1, false)
			if err != nil || events[0].Type != history.ExecutionStarted || events[0].Version != c.version || events[0].Alias != c.alias {
				t.Errorf("first event through %s: %+v, %v", c.through, events, err)
			}
			ran, err := r.StateMachineOf(ctx, &d.Execution)
			if err != nil || ran.Version != nil || !strings.Contains(ran.Definition, `"Result":`+c.output) {
				t.Errorf("what ran: %+v, %v", ran, err)
			}
		}
		for _, through := range []string{m + ":4", m + ":dead", m + ":", here.StateMachineARN("none") + ":1"} {
			_, err := r.StartExecution(ctx, statelark.ExecutionStart{Machine: through, Name: "x", Input: "{}"})
			code(t, err, statelark.CodeStateMachineDoesNotExist)
			if !strings.Contains(err.Error(), "'"+through+"'") {
				t.Errorf("through %s: %v", through, err)
			}
		}
	})
}

// The weights of an alias say how many of its executions run which version, and one draw always leads the same way.
func TestAliasSharesOut(t *testing.T) {
	a := &statelark.Alias{Routes: []statelark.Route{{Version: 7, Weight: 90}, {Version: 9, Weight: 10}}}
	chosen := map[int64]int{}
	for seed := range uint64(10_000) {
		v := a.Choose(drawOf(seed))
		is(t, "another time", a.Choose(drawOf(seed)), v)
		chosen[v]++
	}
	if n := chosen[9]; n < 850 || n > 1150 || chosen[7] != 10_000-n {
		t.Errorf("chosen: %v", chosen)
	}
	for draw := range uint64(100) {
		want := int64(7)
		if draw >= 90 {
			want = 9
		}
		is(t, fmt.Sprint("draw ", draw), a.Choose(draw), want)
	}
}

// A name that runs keeps its version, wherever the alias leads by now.
func TestStartAgainThroughAnAliasThatMoved(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", waitHour)
		r.publish(m)
		alias := r.alias(m, "live", statelark.Route{Version: 1, Weight: 100})
		r.start(alias, "e", `1`)
		r.update(m, passOnly)
		r.publish(m)
		moved, err := r.UpdateAlias(ctx, m, "live", statelark.AliasUpdate{Routes: []statelark.Route{{Version: 2, Weight: 100}}})
		if err != nil || !moved.Leads(2) || moved.Leads(1) {
			t.Fatalf("moved: %+v, %v", moved, err)
		}
		again, err := r.StartExecution(ctx, statelark.ExecutionStart{Machine: alias, Name: "e", Input: "1"})
		if err != nil || again.Version != m+":1" || again.Alias != alias {
			t.Errorf("started again: %+v, %v", again, err)
		}
		is(t, "version of another", r.run(alias, "f", `1`).Version, m+":2")
	})
}

func TestListExecutionsOfAVersionAndAnAlias(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", passOnly)
		version := r.publish(m)
		alias := r.alias(m, "live", statelark.Route{Version: 1, Weight: 100})
		for i := range 10 {
			r.run(m, fmt.Sprint("m", i), `1`)
			r.run(version, fmt.Sprint("v", i), `1`)
			r.run(alias, fmt.Sprint("a", i), `1`)
			time.Sleep(time.Second)
		}
		for of, want := range map[string]int{m: 30, version: 20, alias: 10} {
			seen := 0
			q := statelark.ExecutionQuery{Machine: of, Status: statelark.Succeeded, Limit: 4}
			for {
				page, err := r.Executions(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) == 0 {
					break
				}
				seen += len(page)
				q.Before = page[len(page)-1].ID
			}
			is(t, "executions of "+of, seen, want)
		}
		_, err := r.Executions(ctx, statelark.ExecutionQuery{Machine: m + ":2", Limit: 4})
		code(t, err, statelark.CodeStateMachineDoesNotExist)
	})
}

func TestAliases(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", result(1))
		r.publish(m)
		r.update(m, result(2))
		r.publish(m)
		half := []statelark.Route{{Version: 1, Weight: 50}, {Version: 2, Weight: 50}}
		r.alias(m, "b", half...)
		r.alias(m, "a", statelark.Route{Version: 2, Weight: 100})
		r.alias(m, "b", half...) // the same again
		_, err := r.CreateAlias(ctx, &statelark.Alias{Machine: m, Name: "b", Description: "other", Routes: half})
		code(t, err, statelark.CodeConflict)
		_, err = r.CreateAlias(ctx, &statelark.Alias{Machine: m, Name: "c", Routes: []statelark.Route{{Version: 3, Weight: 100}}})
		code(t, err, statelark.CodeResourceNotFound)
		err = r.DeleteVersion(ctx, m, 2)
		code(t, err, statelark.CodeConflict)
		if !strings.HasSuffix(err.Error(), "Current list of aliases referencing this version: [a, b]") {
			t.Error(err)
		}
		names := func(version int64, after string) string {
			list, err := r.Aliases(ctx, m, version, after, 10)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, a := range list {
				names = append(names, a.Name)
			}
			return strings.Join(names, " ")
		}
		is(t, "aliases", names(0, ""), "a b")
		is(t, "aliases of version 1", names(1, ""), "b")
		is(t, "aliases after a", names(0, "a"), "b")
		before, err := r.Alias(ctx, m, "b")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		description := "new"
		for range 2 { // the second changes nothing
			u, err := r.UpdateAlias(ctx, m, "b", statelark.AliasUpdate{Description: &description})
			if err != nil || u.Description != "new" || !slices.Equal(u.Routes, half) || u.Updated.Sub(before.Updated) != time.Second {
				t.Errorf("updated: %+v, %v", u, err)
			}
			time.Sleep(time.Second)
		}
		_, err = r.UpdateAlias(ctx, m, "b", statelark.AliasUpdate{Routes: []statelark.Route{{Version: 5, Weight: 100}}})
		code(t, err, statelark.CodeResourceNotFound)
		for range 2 {
			if err := r.DeleteAlias(ctx, m, "b"); err != nil {
				t.Error(err)
			}
		}
		_, err = r.Alias(ctx, m, "b")
		code(t, err, statelark.CodeResourceNotFound)
		_, err = r.UpdateAlias(ctx, m, "b", statelark.AliasUpdate{Description: &description})
		code(t, err, statelark.CodeResourceNotFound)
		if err := r.DeleteVersion(ctx, m, 1); err != nil {
			t.Error(err)
		}
	})
}

// Versions and aliases go with their state machine, and one of the same name begins anew.
func TestDeletionTakesVersionsAndAliases(t *testing.T) {
	inBubbleWith(t, Options{Owners: 2, Retention: time.Hour}, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", waitHour)
		version := r.publish(m)
		r.update(m, passOnly)
		r.publish(m)
		alias := r.alias(m, "live", statelark.Route{Version: 1, Weight: 100})
		x := r.start(alias, "e", `1`)
		if err := r.DeleteStateMachine(ctx, m); err != nil {
			t.Fatal(err)
		}
		_, err := r.PublishVersion(ctx, m, "", "")
		code(t, err, statelark.CodeStateMachineDeleting)
		_, err = r.CreateAlias(ctx, &statelark.Alias{Machine: m, Name: "b", Routes: []statelark.Route{{Version: 1, Weight: 100}}})
		code(t, err, statelark.CodeStateMachineDeleting)
		_, err = r.StartExecution(ctx, statelark.ExecutionStart{Machine: version, Name: "f", Input: "1"})
		code(t, err, statelark.CodeStateMachineDeleting)
		if s, err := r.StateMachine(ctx, version); err != nil || !s.Deleting {
			t.Errorf("a version while its state machine is being deleted: %+v, %v", s, err)
		}
		is(t, "status", r.ended(x).Status, statelark.Aborted)
		synctest.Wait()
		is(t, "records", r.records("machine/")+r.records("published/"), 0)
		_, err = r.StateMachine(ctx, version)
		code(t, err, statelark.CodeStateMachineDoesNotExist)
		is(t, "the first version of one made again", r.publish(r.machine("M", result(1))), version)
		time.Sleep(3 * time.Hour)
		is(t, "revisions at the end", r.records("revision/"), 1)
		is(t, "marks at the end", r.records("superseded/"), 0)
	})
}

// Two engines on one store, each with a memory of its own, number no version twice, leave no alias without its version
// and no version without its revision.
func TestTwoEnginesPublish(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", result(0))
		other := &rig{t: t, Engine: New(r.store, &task.Registry{}, Options{}), store: r.store}
		both := []*rig{r, other}
		var workers sync.WaitGroup
		for i, e := range both {
			workers.Go(func() {
				for n := range 10 {
					definition := result(100*i + n + 1)
					if _, err := e.UpdateStateMachine(ctx, m, statelark.StateMachineUpdate{Definition: &definition, Publish: &statelark.Version{}}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		workers.Wait()
		last := r.publish(m)
		is(t, "by the other one", other.publish(m), last)
		want := "20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1"
		for _, e := range both {
			is(t, "versions", e.numbers(m), want)
		}
		for n := range int64(20) {
			if _, err := r.StateMachine(ctx, statelark.VersionARN(m, n+1)); err != nil {
				t.Error(err)
			}
		}
		// What the other one remembers is old.
		r.alias(m, "a", statelark.Route{Version: 3, Weight: 100})
		code(t, other.DeleteVersion(ctx, m, 3), statelark.CodeConflict)
		if err := r.DeleteVersion(ctx, m, 4); err != nil {
			t.Error(err)
		}
		_, err := other.CreateAlias(ctx, &statelark.Alias{Machine: m, Name: "b", Routes: []statelark.Route{{Version: 4, Weight: 100}}})
		code(t, err, statelark.CodeResourceNotFound)
	})
}

// A publication that comes beside an update from elsewhere is of the revision that is the present one then.
func TestPublishOfARevisionThatIsSuperseded(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		ctx, m := context.Background(), r.machine("M", result(1))
		other := New(r.store, &task.Registry{}, Options{})
		if _, err := other.StateMachine(ctx, m); err != nil {
			t.Fatal(err)
		}
		r.update(m, result(2))
		v, err := other.PublishVersion(ctx, m, "", "")
		if err != nil {
			t.Fatal(err)
		}
		if s, err := r.StateMachine(ctx, v.ARN()); err != nil || s.Definition != result(2) {
			t.Errorf("published: %+v, %v", s, err)
		}
	})
}

func TestNestedExecutionThroughAnAlias(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		child := r.machine("child", result(1))
		r.publish(child)
		alias := r.alias(child, "live", statelark.Route{Version: 1, Weight: 100})
		r.update(child, result(2))
		parent := r.machine("parent", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
			"Parameters":{"StateMachineArn":"`+alias+`","Name":"c"},"OutputPath":"$.Output","End":true}}}`)
		is(t, "output", r.run(parent, "p", `{}`).Output, "1")
		is(t, "alias of the child", r.describe(arn.Execution(child, "c")).Alias, alias)
	})
}

package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// stagesOf returns the stages of the nth visit of a state, from 1 on, in words.
func (r *rig) stagesOf(arn, state string, nth int) *Stages {
	r.t.Helper()
	for _, ev := range r.pages(arn, 1000, false) {
		if isEntered(ev.Type) && ev.Name == state {
			if nth--; nth == 0 {
				s, err := r.Stages(context.Background(), arn, ev.ID)
				if err != nil {
					r.t.Fatal(err)
				}
				return s
			}
		}
	}
	r.t.Fatalf("%s has no such visit of %s", arn, state)
	return nil
}

func (s *Stages) String() string {
	var b strings.Builder
	for _, f := range []struct {
		name string
		text *string
	}{
		{"in", s.Input}, {"after", s.AfterInput}, {"args", s.Arguments}, {"result", s.Result}, {"selected", s.AfterSelector},
		{"joined", s.AfterResult}, {"out", s.Output}, {"error", s.Error},
	} {
		if f.text != nil {
			fmt.Fprintf(&b, "%s=%s ", f.name, *f.text)
		}
	}
	for _, f := range []struct {
		name string
		vars []value.Member
	}{{"before", s.Before}, {"assigned", s.Assigned}} {
		if len(f.vars) > 0 {
			fmt.Fprintf(&b, "%s=%s ", f.name, value.NewObject(f.vars).Text())
		}
	}
	return strings.TrimSpace(b.String() + s.Note)
}

func TestStages(t *testing.T) {
	f := &failing{}
	inBubble(t, f.start, func(r *rig) {
		arn := r.start(r.machine("M", `{"StartAt":"Set","States":{
			"Set":{"Type":"Pass","Assign":{"base":10,"id.$":"$$.Execution.Input.a"},"Next":"Path"},
			"Path":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","InputPath":"$.a","Parameters":{"p.$":"$","b.$":"$base","c.$":"$$.State.Name"},
				"ResultSelector":{"sel.$":"$.p"},"ResultPath":"$.r","OutputPath":"$","Assign":{"base.$":"$.b"},"Next":"Query"},
			"Query":{"Type":"Pass","QueryLanguage":"JSONata","Output":{"o":"{% $states.input.r.sel + $base %}","l":[1,2]},"Next":"Which"},
			"Which":{"Type":"Choice","Choices":[{"Variable":"$.o","IsNumeric":true,"Next":"Each"}],"Default":"Each"},
			"Each":{"Type":"Map","ItemsPath":"$.l","ItemSelector":{"i.$":"$$.Map.Item.Value"},"ItemProcessor":{"StartAt":"One","States":{
				"One":{"Type":"Pass","Assign":{"mine.$":"$.i"},"Next":"Two"},
				"Two":{"Type":"Pass","Parameters":{"m.$":"$mine","b.$":"$base"},"End":true}}},"ResultPath":"$.each","Next":"Both"},
			"Both":{"Type":"Parallel","Branches":[{"StartAt":"L","States":{"L":{"Type":"Pass","Result":"l","End":true}}},
				{"StartAt":"R","States":{"R":{"Type":"Pass","Result":"r","End":true}}}],"ResultSelector":{"x.$":"$[1]"},"Next":"Last"},
			"Last":{"Type":"Wait","Seconds":60,"Next":"Done"},"Done":{"Type":"Succeed"}}}`), "e", `{"a":7}`)
		synctest.Wait()
		is(t, "running", r.stagesOf(arn, "Last", 1).String(), `in={"x":"r"} after={"x":"r"} before={"base":10,"id":7} The state has not been left yet.`)
		time.Sleep(time.Hour)
		for _, c := range []struct {
			state string
			nth   int
			want  string
		}{
			{"Set", 1, `in={"a":7} after={"a":7} args={"a":7} selected={"a":7} joined={"a":7} out={"a":7} assigned={"base":10,"id":7}`},
			{"Path", 1, `in={"a":7} after=7 args={"p":7,"b":10,"c":"Path"} result={"p":7,"b":10,"c":"Path"} selected={"sel":7} ` +
				`joined={"a":7,"r":{"sel":7}} out={"a":7,"r":{"sel":7}} before={"base":10,"id":7} assigned={"base":10}`},
			{"Query", 1, `in={"a":7,"r":{"sel":7}} out={"o":17,"l":[1,2]} before={"base":10,"id":7}`},
			{"Which", 1, `in={"o":17,"l":[1,2]} after={"o":17,"l":[1,2]} out={"o":17,"l":[1,2]} before={"base":10,"id":7}`},
			{"Each", 1, `in={"o":17,"l":[1,2]} after={"o":17,"l":[1,2]} result=[{"m":1,"b":10},{"m":2,"b":10}] selected=[{"m":1,"b":10},{"m":2,"b":10}] ` +
				`joined={"o":17,"l":[1,2],"each":[{"m":1,"b":10},{"m":2,"b":10}]} out={"o":17,"l":[1,2],"each":[{"m":1,"b":10},{"m":2,"b":10}]} before={"base":10,"id":7}`},
			{"Two", 2, `in={"i":2} after={"i":2} args={"m":2,"b":10} selected={"m":2,"b":10} joined={"m":2,"b":10} out={"m":2,"b":10} before={"mine":2,"base":10,"id":7}`},
			{"Done", 1, `in={"x":"r"} after={"x":"r"} selected={"x":"r"} joined={"x":"r"} out={"x":"r"} before={"base":10,"id":7}`},
		} {
			if got := r.stagesOf(arn, c.state, c.nth).String(); got != c.want {
				t.Errorf("%s:\n%s\nwant\n%s", c.state, got, c.want)
			}
		}
		both := r.stagesOf(arn, "Both", 1)
		is(t, "result of the branches", *both.Result, `["l","r"]`)
		is(t, "selected", *both.AfterSelector, `{"x":"r"}`)
		for _, id := range []int64{3, 999} {
			_, err := r.Stages(context.Background(), arn, id)
			code(t, err, "ValidationException")
		}
	})
}

func TestStagesOfFailures(t *testing.T) {
	f := &failing{broken: true}
	inBubble(t, f.start, func(r *rig) {
		arn := r.start(r.machine("M", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f",
			"Retry":[{"ErrorEquals":["Broken"],"MaxAttempts":2}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Assign":{"why.$":"$.Error"},"Next":"U"}],"End":true},
			"U":`+functionState+`}}`), "e", `{"a":1}`)
		time.Sleep(time.Hour)
		caught := r.stagesOf(arn, "T", 1)
		is(t, "caught", caught.String(), `in={"a":1} after={"a":1} args={"a":1} out={"a":1,"e":{"Error":"Broken","Cause":"as it was told"}} error=Broken assigned={"why":"Broken"}`)
		failed := r.stagesOf(arn, "U", 1)
		is(t, "error", *failed.Error, "Broken")
		is(t, "note", failed.Note, "The state was not left.")
		is(t, "before", value.NewObject(failed.Before).Text(), `{"why":"Broken"}`)
		f.broken = false
		r.redrive(arn)
		is(t, "redriven", *r.stagesOf(arn, "U", 1).Output, `{"a":1,"e":{"Error":"Broken","Cause":"as it was told"}}`)
	})
}

// What is not kept is told, and not made up.
func TestStagesThatDiffer(t *testing.T) {
	inBubble(t, echo, func(r *rig) {
		arn := r.start(r.machine("M", `{"StartAt":"R","States":{"R":{"Type":"Pass","Parameters":{"u.$":"States.UUID()"},"End":true}}}`), "e", `{}`)
		time.Sleep(time.Second)
		s := r.stagesOf(arn, "R", 1)
		is(t, "note", strings.Contains(s.Note, "random"), true)
		is(t, "output", *s.Output, r.describe(arn).Output)
		is(t, "type", r.pages(arn, 9, false)[1].Type, history.PassStateEntered)
	})
}

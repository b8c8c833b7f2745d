package query_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/search/query"
)

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

const (
	machine = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"
	input   = `{"customer": {"id": 7, "name": "Ada \"L\"", "vip": true}, "items": [{"sku": "A-1", "n": 2}, {"sku": "B-2", "n": 30}],` +
		` "tags": ["red", "blue"], "at": "2026-11-29", "odd key": null, "total": 12.50, "code": "007"}`
	output = `{"total": 150, "text": "Shipped To Zürich"}`
)

func document() *query.Document {
	return &query.Document{
		ID: statelark.NewExecID(now.Add(-3*time.Hour), 1, 9), Machine: machine, Name: "Order-1", Status: statelark.Failed, Start: now.Add(-3 * time.Hour),
		Stop: now.Add(-3*time.Hour + 90*time.Second), Error: "States.Timeout", Alias: machine + ":PROD", Version: machine + ":3",
		Redrives: 2, Events: 40, Payloads: func() query.Payloads {
			return query.Payloads{Input: input, Output: output, Cause: "the card was declined"}
		},
	}
}

func TestMatches(t *testing.T) {
	id := document().ID
	for text, want := range map[string]bool{
		"": true, "  ": true,
		"status:FAILED": true, "status:failed,timed_out": true, "status=RUNNING": false, "status!=RUNNING": true, "-status:FAILED": false,
		"machine:orders": true, "machine:ord*": true, "machine:*ers": true, "machine:o*d*s": true, "machine:order": false, "machine~RDER": true,
		"machine:" + machine: true, "machine:\"o*\"": false, `machine:o\*`: false,
		"name:Order-1": true, "name:order-1": false, "name~order": true, "name:Order-1*1": false, "name:*": true,
		"error:States.Timeout": true, "error:States.*": true, "error:*.Other": false, "error:States.Timeout,X": true,
		"alias:PROD": true, "alias:DEV": false, "version:3": true, "version:" + machine + ":3": true, "maprun:*": false,
		"started>4h": true, "started>2h": false, "started<2h": true, "started>=2026-11-30T09:00": true, "started<2026-11-30T09:00:00Z": false,
		"started>2026-11-29": true, "stopped>1d": true, "stopped<2026-11-30T11:00+02:00": false,
		"duration>1m": true, "duration>=90s": true, "duration>1m30s": false, "duration<1.5h": true, "duration<2w": true,
		"redrives>1": true, "redrives:2": true, "redrives=3": false, "events>=40": true, "events!=40": false,
		"input.customer.id=7": true, "input.customer.id:7.0": true, "input.customer.id=8": false, "input.customer.id=7,8": true, "input.customer.id>6": true,
		"input.customer.vip=true": true, "input.customer=7": false, "input.customer:*": true, "input.nothing:*": false, "-input.nothing:*": true,
		`input.customer.name="Ada \"L\""`: true, "input.customer.name:Ada*": true, "input.customer.name~ada": true,
		"input.items.sku=B-2": true, "input.items[1].sku=B-2": true, "input.items[0].sku=B-2": false, "input.items[*].n>20": true, "input.items[0].n>20": false,
		"input.tags=blue": true, "input.tags[0]=blue": false, "input.at>2026-11-28": true, "input.at<2026-11-28": false,
		`input["odd key"]=null`: true, `input["odd key"].x=1`: false, "input.total=12.5": true, "input.total<12.6": true, "input.code=007": true, "input.code=7": false,
		"output.total>100": true, "output.total>1e3": false, "output.text~zürich": true, "input~customer": true, "input:sku": true,
		"input.customer.id!=7": false, "input.customer.id!=9": true,
		"order": true, "rder": false, "Ada": true, "shipped": true, "timeout": true, "declined": true, "Ord*1": true, `"To Z"`: true, `"to x"`: false, `"order-1"`: false,
		id.String(): true, id.UUID(): true, machine: true, machine + ":PROD": true,
		"arn:aws:states:us-east-1:123456789012:execution:orders:Order-1": true,
		"arn:aws:states:us-east-1:123456789012:execution:orders:Order-2": false,
		"status:RUNNING OR name:Order-1":                                 true, "status:RUNNING name:Order-1": false, "(status:RUNNING OR name:Order-1) -error:X": true,
		"NOT (status:FAILED AND name:Order-1)": false, "-(status:RUNNING)": true, "status:RUNNING OR status:FAILED name:x": false,
	} {
		q, err := query.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := q.Matches(document(), now); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestFailures(t *testing.T) {
	for text, want := range map[string]query.Failure{
		"status:LOST":     {Start: 0, End: 11},
		"a colour:red b":  {Start: 2, End: 8},
		`name:"x`:         {Start: 5, End: 6},
		"a )":             {Start: 2, End: 3},
		"(a":              {Start: 0, End: 1},
		"()":              {Start: 1, End: 2},
		"a OR":            {Start: 4, End: 4},
		"OR a":            {Start: 0, End: 1},
		"a AND":           {Start: 2, End: 5},
		"NOT":             {Start: 0, End: 3},
		"started:2h":      {Start: 0, End: 10},
		"name!~x":         {Start: 4, End: 6},
		"a input.x!>1":    {Start: 9, End: 11},
		"started>soon":    {Start: 0, End: 12},
		"name>x":          {Start: 0, End: 6},
		"duration>1y":     {Start: 0, End: 11},
		"name:":           {Start: 0, End: 5},
		"name:a,":         {Start: 0, End: 7},
		"input..x=1":      {Start: 6, End: 7},
		"input[x]=1":      {Start: 5, End: 8},
		"input[0=1":       {Start: 5, End: 6},
		`name:"a"b`:       {Start: 8, End: 9},
		"redrives>x":      {Start: 0, End: 10},
		"*":               {Start: 0, End: 1},
		"status:FAILED )": {Start: 14, End: 15},
	} {
		_, err := query.Parse(text)
		var got *query.Failure
		if !errors.As(err, &got) {
			t.Errorf("%s: no failure", text)
			continue
		}
		if got.Start != want.Start || got.End != want.End {
			t.Errorf("%s: %d to %d (%s), want %d to %d", text, got.Start, got.End, got.Message, want.Start, want.End)
		}
	}
}

// Children of Map Runs bury all else, and are shown where they are asked for.
func TestChildren(t *testing.T) {
	d := document()
	d.MapRun = "arn:aws:states:us-east-1:123456789012:mapRun:orders/label:11111111-1111-1111-1111-111111111111"
	for text, want := range map[string]bool{
		"": false, "status:FAILED": false, "maprun:*": true, "maprun~label": true, "-maprun:*": false,
		"input.customer.id=7": true, "Ada": true, "status:RUNNING Ada": false,
	} {
		q, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Matches(d, now); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// FuzzParse: a text is a query or a failure within it, and a payload has a term of each condition that holds of it.
func FuzzParse(f *testing.F) {
	f.Add("input.customer.id=7 -(status:FAILED OR x)", input)
	f.Add(`output["k"][0].x~"a b",c* duration>1h30m`, output)
	f.Add("input.a=-0", `{"a": 0}`)
	f.Fuzz(func(t *testing.T, text, payload string) {
		q, err := query.Parse(text)
		if err != nil {
			var failure *query.Failure
			if !errors.As(err, &failure) || failure.Start < 0 || failure.Start > failure.End || failure.End > len(text) {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		if !json.Valid([]byte(payload)) {
			return
		}
		payload = payload[:len(payload)-min(len(text)%8, len(payload))] // as it may be cut
		d := document()
		d.Payloads = func() query.Payloads { return query.Payloads{Input: payload, Output: payload} }
		q.Matches(d, now)
		there := map[query.Term]bool{}
		query.Terms(payload, payload, func(term query.Term) { there[term] = true })
		q.Walk(func(c *query.Cond, _ bool) {
			list, ok := c.Terms()
			if !ok || !c.Matches(d, now) {
				return
			}
			for _, term := range list {
				if there[term] {
					return
				}
			}
			t.Fatalf("%q holds of %q, and none of its terms is there", text, payload)
		})
	})
}

package console

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
)

var taskRoutes = []route{
	{"GET", "tasks", Viewer, (*Server).tasks},
	{"GET", "activities", Viewer, (*Server).activities},
}

// Bounds of a list of open tasks, and of what is shown of one's input.
const (
	defaultTasks  = 100
	maxTasks      = 500
	maxTaskInput  = 8 << 10
	maxActivities = 10_000
)

func (s *Server) tasks(c *call) (any, error) {
	q := c.URL.Query()
	n := min(max(int(c.number("n", defaultTasks)), 1), maxTasks)
	page, err := s.opts.Engine.OpenTasks(c.Context(), engine.OpenTaskQuery{
		Place: s.opts.Place, Machine: q.Get("machine"), Resource: q.Get("resource"), After: q.Get("after"), Limit: n,
	})
	if err != nil {
		return nil, err
	}
	list := &Tasks{Tasks: make([]OpenTask, 0, len(page.Tasks)), Total: page.Total, Next: page.Next, More: page.Next != ""}
	for i := range page.Tasks {
		list.Tasks = append(list.Tasks, taskOf(c.person, &page.Tasks[i]))
	}
	return list, nil
}

// taskOf is an open task as somebody may see it. Whoever has the token may answer.
func taskOf(who *Person, t *engine.OpenTask) OpenTask {
	out := OpenTask{
		Kind: "token", Execution: t.Execution.ARN(), MachineName: machineName(t.Execution.Machine), Name: t.Execution.Name, State: t.State,
		Resource: t.Resource, Since: t.Since, Worker: t.Worker, TimesOut: timeOrNone(t.TimesOut), Heartbeat: timeOrNone(t.Heartbeat),
	}
	if t.Activity {
		out.Kind = "activity"
	}
	if who.Role.AtLeast(Operator) && (t.Taken || !t.Activity) {
		out.Token = t.Token
	}
	// The token of a call stands in what was sent, too.
	text := t.Input
	if out.Token == "" {
		text = strings.ReplaceAll(text, t.Token, Hidden)
	}
	if out.Input = who.payload(text); out.Input != nil && len(*out.Input) > maxTaskInput {
		cut := (*out.Input)[:maxTaskInput]
		for !utf8.ValidString(cut) && len(cut) > maxTaskInput-utf8.UTFMax {
			cut = cut[:len(cut)-1]
		}
		out.Input, out.Cut = &cut, true
	}
	return out
}

func timeOrNone(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (s *Server) activities(c *call) (any, error) {
	records, err := s.allActivities(c.Context())
	if err != nil {
		return nil, err
	}
	uses := s.opts.Engine.ActivityUses()
	list := &Activities{Activities: make([]ActivityRow, 0, len(records))}
	for _, a := range records {
		u := uses[a.ARN]
		list.Activities = append(list.Activities, ActivityRow{
			ARN: a.ARN, Name: a.Name, Created: a.Created, Waiting: u.Waiting, Running: u.Running, Workers: u.Workers,
		})
	}
	return list, nil
}

// allActivities are those of the place, by name.
func (s *Server) allActivities(ctx context.Context) (all []*statelark.Activity, err error) {
	const page = 500
	for after := ""; len(all) < maxActivities; after = all[len(all)-1].ARN {
		records, err := s.opts.Engine.Activities(ctx, s.opts.Place, after, page)
		if err != nil {
			return nil, err
		}
		all = append(all, records...)
		if len(records) < page {
			break
		}
	}
	return all, nil
}

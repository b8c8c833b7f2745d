package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// job says how work stands that an action began, and how it is stopped, for .sync. Parameters are JSON in the words of the
// Task, in which $0, $1 … are the names that the job has, and $reason says why it is stopped.
type job struct {
	names []string // paths to the job's names: in.X of the parameters that were sent, out.X of the answer
	poll  string   // operation that tells how it stands
	asks  string   // its parameters
	// status is the path to the word that says how it stands; done and failed are the words with which it has ended.
	status       string
	done, failed []string
	// verdict looks where a word does not say it, and may ask for more.
	verdict func(ctx context.Context, t *optimisedTarget, c *task.Call, out value.Value) (verdict, error)
	// gone: it has ended well when there is no such thing any more.
	gone bool
	// result is the path to the Task's result in the answer, "": all of it. under puts it into a member of that name.
	result, under string
	// extra adds to the result what only the names tell.
	extra string
	// stop is the operation that stops it, "": nothing does.
	stop, stops string
}

// verdict is how work stands.
type verdict uint8

const (
	goesOn verdict = iota
	succeeded
	hasFailed
)

// JobOf names the job of an integration for its watcher, by the names that the job's service has for it.
func JobOf(service, action string, names ...string) task.Job {
	return task.Job{Kind: service, ID: strings.Join(append([]string{action}, names...), "\n")}
}

// begun is the job that an answer tells of.
func (j *job) begun(q *question, parameters, out value.Value) (task.Job, error) {
	names := make([]string, len(j.names))
	for i, path := range j.names {
		from, rest, _ := strings.Cut(path, ".")
		source := parameters
		if from == "out" {
			source = out
		}
		if names[i] = at(source, rest).Str(); names[i] == "" {
			return task.Job{}, fmt.Errorf("the answer of %s has no %s", q.op.Name, rest)
		}
	}
	return JobOf(q.call.Resource.Service, q.call.Resource.Action, names...), nil
}

// at follows a path such as Jobs[0].Status; the zero Value: it leads nowhere.
func at(v value.Value, path string) value.Value {
	if path == "" {
		return v
	}
	for step := range strings.SplitSeq(path, ".") {
		name, first := strings.CutSuffix(step, "[0]")
		v, _ = v.Get(name)
		if first {
			v, _ = v.Index(0)
		}
	}
	return v
}

// filled is the text of parameters with the names of a job in it.
func filled(text string, names []string, reason string) (value.Value, error) {
	pairs := []string{"$reason", jsonInner(reason)}
	for i, name := range names {
		pairs = append(pairs, "$"+strconv.Itoa(i), jsonInner(name))
	}
	v, err := value.Parse(strings.NewReplacer(pairs...).Replace(text))
	if err != nil {
		return v, fmt.Errorf("parameters %s: %w", text, err)
	}
	return v, nil
}

// jsonInner is a text as it stands between the quotes of JSON.
func jsonInner(text string) string {
	quoted := value.AppendQuoted(nil, text)
	return string(quoted[1 : len(quoted)-1])
}

// Watchers know the jobs of Integrations, by kind.
func Watchers(o Options) map[string]task.Watcher {
	watchers := make(map[string]task.Watcher)
	for i := range table {
		for _, a := range table[i].actions {
			if a.job != nil {
				watchers[table[i].service] = &optimisedTarget{o, &table[i]}
			}
		}
	}
	return watchers
}

// errNoJob says that a job is of no kind that this build knows.
var errNoJob = errors.New("no integration begins such jobs")

// find returns what is known of a job.
func (t *optimisedTarget) find(j task.Job) (*job, *model.Service, []string, error) {
	parts := strings.Split(j.ID, "\n")
	a, s, _ := t.operation(parts[0])
	if a == nil || a.job == nil || len(parts)-1 != len(a.job.names) {
		return nil, nil, nil, fmt.Errorf("job %s: %w", j.Handle(), errNoJob)
	}
	return a.job, s, parts[1:], nil
}

// Poll asks how a job stands.
func (t *optimisedTarget) Poll(ctx context.Context, c *task.Call, handle task.Job) (out value.Value, done bool, err error) {
	j, s, names, err := t.find(handle)
	if err != nil {
		return out, false, &task.Error{Name: "States.TaskFailed", Cause: err.Error()}
	}
	parameters, err := filled(j.asks, names, "")
	if err != nil {
		return out, false, err
	}
	q := newQuestion(c, s, s.Operations[j.poll], optimisedTongue)
	answer, err := t.ask(ctx, q, parameters)
	var no *awswire.Error
	switch {
	case errors.As(err, &no) && j.gone && isMissing(no.Code):
		return value.EmptyObj, true, nil
	case err != nil && passes(err):
		return out, false, err
	case err != nil:
		failed := q.failed(err, t.errors, t.refusal)
		var language *task.Error
		if errors.As(failed, &language) {
			language.Phase = task.Ran
		}
		return out, false, failed
	}
	how, err := j.stands(ctx, t, c, answer.result)
	if err != nil || how == goesOn {
		return out, false, err
	}
	return j.ended(how, answer.result, names)
}

// stands reads how a job stands from the answer to a poll.
func (j *job) stands(ctx context.Context, t *optimisedTarget, c *task.Call, out value.Value) (verdict, error) {
	word := at(out, j.status).Str()
	switch {
	case j.verdict != nil:
		return j.verdict(ctx, t, c, out)
	case slices.Contains(j.done, word):
		return succeeded, nil
	case slices.Contains(j.failed, word):
		return hasFailed, nil
	}
	return goesOn, nil
}

// ended is how the Task ends, of what the last poll was answered.
func (j *job) ended(how verdict, out value.Value, names []string) (value.Value, bool, error) {
	result := at(out, j.result)
	if j.under != "" {
		result = value.NewObject([]value.Member{{Key: j.under, Value: result}})
	}
	if j.extra != "" {
		more, err := filled(j.extra, names, "")
		if err != nil {
			return value.Value{}, false, err
		}
		members := append(more.Members(), result.Members()...)
		sortMembers(members)
		result = value.NewObject(members)
	}
	if how == hasFailed {
		return value.Value{}, false, &task.Error{Name: "States.TaskFailed", Cause: result.Compact()}
	}
	return result, true, nil
}

// Cancel stops a job. One that has ended, or is gone, needs no more.
func (t *optimisedTarget) Cancel(ctx context.Context, c *task.Call, handle task.Job, reason string) error {
	j, s, names, err := t.find(handle)
	if err != nil || j.stop == "" {
		return err
	}
	parameters, err := filled(j.stops, names, reason)
	if err != nil {
		return err
	}
	_, err = t.ask(ctx, newQuestion(c, s, s.Operations[j.stop], optimisedTongue), parameters)
	var no *awswire.Error
	if errors.As(err, &no) && !passes(err) {
		return nil // the service will say no each time
	}
	return err
}

// isMissing reports whether a code says that something is not there.
func isMissing(code string) bool {
	return strings.Contains(code, "NotFound") || strings.Contains(code, "DoesNotExist")
}

// passes reports whether an error says nothing about what was asked for: it may be asked again.
func passes(err error) bool {
	var (
		no       *awswire.Error
		language *task.Error
		unknown  unknownField
	)
	switch {
	case errors.As(err, &language), errors.As(err, &unknown):
		return false
	case !errors.As(err, &no):
		return true
	}
	return no.Status >= 500 && no.Status != 501 || no.Status == 429 || awswire.Throttles(no.Code)
}

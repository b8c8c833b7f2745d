package batch

import (
	"maps"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
)

// The states of a job.
const (
	pending   = "PENDING" // it waits for others
	runnable  = "RUNNABLE"
	running   = "RUNNING"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
)

// job is a job as it is stored: as it is described, and what else there is to know.
type job struct {
	description
	Region  string   `json:"region"`
	Account string   `json:"account"`
	Queue   string   `json:"queueName"`
	Waits   []string `json:"waits,omitempty"`  // ids of the jobs that have to succeed first
	Parent  string   `json:"parent,omitempty"` // id of the array job that this is a child of
	// Stop is why somebody wants it to end, while it runs.
	Stop string `json:"stop,omitempty"`
}

// description is what DescribeJobs says of a job.
type description struct {
	ARN                  string            `json:"jobArn"`
	Name                 string            `json:"jobName"`
	ID                   string            `json:"jobId"`
	QueueARN             string            `json:"jobQueue"`
	Status               string            `json:"status"`
	ShareIdentifier      string            `json:"shareIdentifier,omitempty"`
	SchedulingPriority   *int64            `json:"schedulingPriority,omitempty"`
	Attempts             []attempt         `json:"attempts"`
	StatusReason         string            `json:"statusReason,omitempty"`
	CreatedAt            int64             `json:"createdAt"`
	RetryStrategy        *retryStrategy    `json:"retryStrategy,omitempty"`
	StartedAt            int64             `json:"startedAt,omitempty"`
	StoppedAt            int64             `json:"stoppedAt,omitempty"`
	DependsOn            []dependency      `json:"dependsOn"`
	Definition           string            `json:"jobDefinition"`
	Parameters           map[string]string `json:"parameters"`
	Container            map[string]any    `json:"container"`
	Array                *array            `json:"arrayProperties,omitempty"`
	Timeout              *timeout          `json:"timeout,omitempty"`
	Tags                 map[string]string `json:"tags"`
	PropagateTags        bool              `json:"propagateTags"`
	PlatformCapabilities []string          `json:"platformCapabilities"`
	IsCancelled          bool              `json:"isCancelled"`
	IsTerminated         bool              `json:"isTerminated"`
}

// attempt is one run of a job that has ended.
type attempt struct {
	Container    map[string]any `json:"container"`
	StartedAt    int64          `json:"startedAt,omitempty"`
	StoppedAt    int64          `json:"stoppedAt"`
	StatusReason string         `json:"statusReason"`
}

type dependency struct {
	ID   string `json:"jobId,omitempty"`
	Type string `json:"type,omitempty"`
}

func (j *job) place() arn.Place { return arn.Place{Region: j.Region, Account: j.Account} }

func (j *job) pointer() *pointer { return &pointer{j.Region, j.Account, j.ID} }

// ended reports whether a job is over.
func (j *job) ended() bool { return j.Status == succeeded || j.Status == failed }

// attempts is how often the job is tried at most.
func (j *job) attempts() int {
	if j.RetryStrategy == nil || j.RetryStrategy.Attempts < 1 {
		return 1
	}
	return int(j.RetryStrategy.Attempts)
}

// again reports whether a failed attempt is followed by another one.
func (j *job) again(statusReason, reason string, code *int) bool {
	if len(j.Attempts) >= j.attempts() {
		return false
	}
	if j.RetryStrategy == nil {
		return true
	}
	for _, e := range j.RetryStrategy.EvaluateOnExit {
		exitCode := ""
		if code != nil {
			exitCode = strconv.Itoa(*code)
		}
		if matches(e.OnStatusReason, statusReason) && matches(e.OnReason, reason) && matches(e.OnExitCode, exitCode) {
			return strings.EqualFold(e.Action, "RETRY")
		}
	}
	return true
}

// matches reports whether a text is as a rule of evaluateOnExit wants it; * stands for anything.
func matches(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	replace := strings.NewReplacer("[", `\[`, "?", `\?`, `\`, `\\`, "/", "\x01")
	ok, err := path.Match(strings.ToLower(replace.Replace(pattern)), strings.ToLower(strings.ReplaceAll(text, "/", "\x01")))
	return err == nil && ok
}

// argv is the command of the job, with its parameters in the place of Ref::NAME.
func (j *job) argv() []string {
	list := texts(j.Container["command"])
	for i, word := range list {
		if name, ok := strings.CutPrefix(word, "Ref::"); ok {
			if v, known := j.Parameters[name]; known {
				list[i] = v
			}
		}
	}
	return list
}

// env is the environment of the next attempt.
func (j *job) env() []string {
	vars := []string{
		"AWS_BATCH_JOB_ID=" + j.ID, "AWS_BATCH_JOB_ATTEMPT=" + strconv.Itoa(len(j.Attempts)+1), "AWS_BATCH_JQ_NAME=" + j.Queue,
		"AWS_BATCH_CE_NAME=local",
	}
	if j.Array != nil && j.Array.Index != nil {
		vars = append(vars, "AWS_BATCH_JOB_ARRAY_INDEX="+strconv.Itoa(*j.Array.Index))
	}
	list, _ := j.Container["environment"].([]any)
	for _, e := range list {
		pair, _ := e.(map[string]any)
		if name := text(pair, "name"); name != "" {
			vars = append(vars, name+"="+text(pair, "value"))
		}
	}
	return vars
}

// limit is how long an attempt may take.
func (j *job) limit() time.Duration {
	if j.Timeout == nil {
		return 0
	}
	return time.Duration(j.Timeout.Seconds) * time.Second
}

// override puts what SubmitJob says over the container of the definition.
func override(container, over map[string]any) map[string]any {
	all := maps.Clone(container)
	for name, v := range over {
		switch name {
		case "environment":
			all[name] = merged(container[name], v, "name")
		case "resourceRequirements":
			all[name] = merged(container[name], v, "type")
		default:
			all[name] = v
		}
	}
	return all
}

// merged is one list over another: of entries with the same key the later one counts.
func merged(below, above any, key string) []any {
	under, _ := below.([]any)
	over, _ := above.([]any)
	all := []any{}
	at := map[string]int{}
	for _, list := range [][]any{under, over} {
		for _, e := range list {
			pair, _ := e.(map[string]any)
			name := text(pair, key)
			if i, known := at[name]; known {
				all[i] = e
				continue
			}
			at[name] = len(all)
			all = append(all, e)
		}
	}
	return all
}

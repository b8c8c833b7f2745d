package console

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"math"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/deploy"
	"github.com/statelark/statelark/samples"
	"github.com/statelark/statelark/samples/stack"
	"github.com/statelark/statelark/value"
)

// sampleRoutes are about the samples.
var sampleRoutes = []route{
	{"GET", "samples", Viewer, (*Server).samples},
	{"POST", "samples/run", Editor, (*Server).runSample},
}

// samples is GET /api/samples: first those that can be run here.
func (s *Server) samples(*call) (any, error) {
	all, err := samples.List()
	if err != nil {
		return nil, err
	}
	out := Samples{Samples: []SampleRow{}}
	for _, sample := range all {
		row, err := s.sampleRow(sample)
		if err != nil {
			return nil, err
		}
		out.Samples = append(out.Samples, *row)
	}
	slices.SortStableFunc(out.Samples, func(a, b SampleRow) int { return cmp.Compare(min(1, len(a.Needs)), min(1, len(b.Needs))) })
	return out, nil
}

func (s *Server) sampleRow(sample *samples.Sample) (*SampleRow, error) {
	row := &SampleRow{Name: sample.Name, Title: sample.Summary, Type: "STANDARD", Services: []string{}, Needs: s.sampleNeeds(sample)}
	for name, to := range map[string]*string{"README.md": &row.Text, "input.json": &row.Input, sample.Workflow(): &row.Workflow} {
		if name == "" || !sample.Has(name) {
			continue
		}
		text, err := fs.ReadFile(sample.Files(), name)
		if err != nil {
			return nil, fmt.Errorf("reading the sample %s: %w", sample.Name, err)
		}
		*to = string(text)
	}
	row.Services = servicesIn(row.Workflow)
	template, err := fs.ReadFile(sample.Files(), "template.yaml")
	if err != nil { // it has none
		return row, nil
	}
	for i := range shelves {
		if strings.Contains(string(template), "Type: "+shelves[i].resource+"\n") && !slices.Contains(row.Services, shelves[i].name) {
			row.Services = append(row.Services, shelves[i].name)
		}
	}
	slices.Sort(row.Services)
	return row, nil
}

// sampleNeeds is what keeps a sample from being run here.
func (s *Server) sampleNeeds(sample *samples.Sample) []string {
	var needs []string
	if why := stack.Unmade(sample); why != "" {
		needs = append(needs, why)
	}
	if !sample.Has("worker.py") { // else the program is for the worker alone, whose task a person can answer as well
		needs = append(needs, stack.Missing(sample)...)
	}
	if s.opts.Services == nil {
		return append(needs, "services that are built in")
	}
	if text, err := fs.ReadFile(sample.Files(), cmp.Or(sample.Workflow(), "sample.yaml")); err == nil {
		for _, service := range servicesIn(string(text)) {
			if where := s.opts.Services.Where(service); where != embedded && service != "activity" {
				needs = append(needs, service+" in this server: its endpoint is "+where)
			}
		}
	}
	return needs
}

// servicesIn are the services that the Tasks of a definition call, by the names of the AWS CLI, and "activity".
func servicesIn(definition string) []string {
	found := []string{}
	for i, rest := range strings.Split(definition, "arn:aws:") {
		end := strings.IndexAny(rest, "\"'\n")
		if i == 0 || end < 0 {
			continue
		}
		r, err := asl.ParseResource("arn:aws:" + rest[:end])
		if err != nil { // an ARN that is not a resource of a Task, or has a part that is substituted
			continue
		}
		name := r.Service
		switch {
		case r.Function != "":
			name = "lambda"
		case r.Activity != "":
			name = "activity"
		case name == "states":
			name = "stepfunctions"
		}
		name = strings.TrimPrefix(name, "aws-sdk:")
		if !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// making has one sample made at a time.
var making sync.Mutex

// runSample is POST /api/samples/run: it makes what the sample needs and is not there, and starts it.
func (s *Server) runSample(c *call) (any, error) {
	var r SampleRequest
	if err := c.read(&r); err != nil {
		return nil, err
	}
	c.resource = r.Name
	sample, err := samples.Read(r.Name)
	if err != nil || strings.ContainsAny(r.Name, "/.") {
		return nil, statelark.Errorf(statelark.CodeResourceNotFound, "There is no sample '%s'", r.Name)
	}
	if needs := s.sampleNeeds(sample); needs != nil {
		return nil, statelark.Errorf(statelark.CodeValidation, "The sample %s cannot be run here. It needs %s.", r.Name, strings.Join(needs, ", "))
	}
	input, err := sampleInput(sample, r.Input)
	if err != nil {
		return nil, err
	}
	// What was begun is brought to its end, whether the browser waits or not.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), time.Minute)
	defer cancel()
	run := &SampleRun{Created: []Created{}}
	if run.MachineARN, err = s.makeSample(ctx, sample, run); err != nil {
		return nil, sampleFailure(sample, err)
	}
	run.Started, err = s.start(ctx, run.MachineARN, input)
	return run, err
}

func sampleInput(sample *samples.Sample, given *string) (string, error) {
	if given != nil {
		return *given, nil
	}
	text, err := fs.ReadFile(sample.Files(), "input.json")
	if err != nil {
		return "", fmt.Errorf("reading the input of the sample %s: %w", sample.Name, err)
	}
	return string(text), nil
}

// sampleFailure tells what a plan or a service says of it: whoever has clicked can do something about it.
func sampleFailure(sample *samples.Sample, err error) error {
	return statelark.Errorf(statelark.CodeValidation, "The sample %s cannot be made: %s", sample.Name, err)
}

// makeSample makes the state machine of a sample and what it names, and notes what that was.
func (s *Server) makeSample(ctx context.Context, sample *samples.Sample, run *SampleRun) (string, error) {
	folder, err := os.MkdirTemp("", "statelark-sample-")
	if err != nil {
		return "", fmt.Errorf("making a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // it is below the folder for temporary files
	if err := os.CopyFS(folder, sample.Files()); err != nil {
		return "", fmt.Errorf("writing its files: %w", err)
	}
	making.Lock()
	defer making.Unlock()
	m := &stack.Maker{Caller: s.opts.Services, Place: s.opts.Place}
	return m.Make(ctx, sample, folder, func(c deploy.Change) {
		if c.Action == deploy.Ignore || c.Action == deploy.Delete {
			return
		}
		run.Created = append(run.Created, s.created(c))
	})
}

// created is a thing that was made, or was there.
func (s *Server) created(c deploy.Change) Created {
	made := Created{Kind: kindOf(c.Type), Name: cmp.Or(c.Name, c.ID), Kept: c.Action == deploy.Keep}
	switch c.Type {
	case "AWS::StepFunctions::StateMachine":
		made.URL = "/machines/" + url.PathEscape(s.opts.Place.ARN("states", "stateMachine:"+c.Name))
	case "AWS::StepFunctions::Activity":
		made.URL = "/activities"
	}
	for i := range shelves {
		if shelves[i].resource == c.Type {
			made.URL = "/services/" + shelves[i].name + "?id=" + url.QueryEscape(s.idOf(&shelves[i], c.Name))
		}
	}
	return made
}

// kindOf is what people call a type of resources: AWS::StepFunctions::StateMachine is a state machine.
func kindOf(kind string) string {
	for i := range shelves {
		if shelves[i].resource == kind {
			return shelves[i].kind
		}
	}
	var words strings.Builder
	for i, r := range lastOf(kind, "::") {
		if unicode.IsUpper(r) && i > 0 {
			words.WriteByte(' ')
		}
		words.WriteRune(unicode.ToLower(r))
	}
	return words.String()
}

// idOf is the id of a resource of a name, as a list of resources has it.
func (s *Server) idOf(f *shelf, name string) string {
	switch f.name {
	case "sqs":
		return s.opts.Server.Endpoint + "/" + s.opts.Place.Account + "/" + name
	case "sns":
		return s.opts.Place.ARN("sns", name)
	case "ecs":
		return s.opts.Place.ARN("ecs", "cluster/"+name)
	case "events":
		return "default/" + name
	}
	return name
}

// start starts an execution, with a name that is drawn.
func (s *Server) start(ctx context.Context, machine, input string) (Started, error) {
	in := value.NewObject([]value.Member{
		{Key: "stateMachineArn", Value: value.FromString(machine)}, {Key: "input", Value: value.FromString(input)},
	})
	reply, err := s.opts.Services.Call(ctx, &awswire.Request{Service: "stepfunctions", Operation: "StartExecution", Place: s.opts.Place, Input: in})
	if err != nil {
		return Started{}, refusalOf(err)
	}
	arn, _ := reply.Output.Get("executionArn")
	at, _ := reply.Output.Get("startDate")
	return Started{ExecutionARN: arn.Str(), StartDate: timeOf(at.Float())}, nil
}

// timeOf is a time of a document: seconds since 1970.
func timeOf(seconds float64) time.Time { return time.UnixMilli(int64(math.Round(seconds * 1e3))).UTC() }

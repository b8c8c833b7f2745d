package aws

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
)

//go:embed results.txt
var resultsText string

// results are the shapes of results.txt by action, such as "dynamodb:putItem". They have what the model of a service does not
// keep: the bounds and words of services that are not built in. All others are those of the model.
var results = sync.OnceValue(func() map[string]*awswire.Shape { return readResults(resultsText) })

// sdkServices are the optimised integrations whose service the SDK calls otherwise.
var sdkServices = map[string]string{"events": "eventbridge", "states": "sfn"}

// jobs are the actions that tell how a job stands which an action with .sync began.
var jobs = map[string]string{
	"athena:startQueryExecution":          "athena:getQueryExecution",
	"batch:submitJob":                     "batch:describeJobs",
	"bedrock:createModelCustomizationJob": "bedrock:getModelCustomizationJob",
	"codebuild:retryBuildBatch":           "codebuild:batchGetBuildBatches",
	"codebuild:startBuild":                "codebuild:batchGetBuilds",
	"codebuild:startBuildBatch":           "codebuild:batchGetBuildBatches",
	"databrew:startJobRun":                "databrew:describeJobRun",
	"ecs:runTask":                         "ecs:describeTasks",
	"glue:startJobRun":                    "glue:getJobRun",
	"sfn:startExecution":                  "sfn:describeExecution",
}

// parsed are the members of a result that an integration gives as JSON where the service has a text.
var parsed = map[string][]string{"lambda:invoke": {"Payload"}, "states:startExecution.sync:2": {"Input", "Output"}}

// ResultShape returns what a Task with the resource gets from its service: with .sync what the service tells of the
// job in the end. It is nil when that is anybody's guess, as with .waitForTaskToken, or not known here.
func ResultShape(r *asl.Resource) *awswire.Shape {
	if r.Service == "" || r.Pattern == asl.WaitForTaskToken {
		return nil
	}
	service, sdk := strings.CutPrefix(r.Service, "aws-sdk:")
	if name := sdkServices[service]; name != "" && !sdk {
		service = name
	}
	action := service + ":" + r.Action
	if r.Pattern != asl.RequestResponse {
		action = jobs[action]
	}
	shape := results()[action]
	if shape == nil {
		return modelShape(r)
	}
	free := parsed[r.Service+":"+r.Name()]
	if len(free) == 0 {
		return shape
	}
	own := *shape
	own.Members = append([]awswire.Member(nil), shape.Members...)
	for i := range own.Members {
		for _, name := range free {
			if own.Members[i].Name == name {
				own.Members[i].Shape = &awswire.Shape{}
			}
		}
	}
	return &own
}

// readResults reads the lines of results.txt. Structures are those of the service whose actions stand before them.
func readResults(text string) map[string]*awswire.Shape {
	actions := make(map[string]*awswire.Shape)
	var structures map[string]*awswire.Shape
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			structures = make(map[string]*awswire.Shape)
			continue
		}
		fields := strings.Fields(line)
		var s *awswire.Shape
		if name, inner := strings.CutPrefix(fields[0], "."); inner {
			s = structure(structures, name)
		} else {
			s = &awswire.Shape{Kind: awswire.Structure}
			actions[fields[0]] = s
		}
		for _, field := range fields[1:] {
			name, typ, _ := strings.Cut(field, ":")
			name, required := strings.CutSuffix(name, "!")
			s.Members = append(s.Members, awswire.Member{Name: name, Required: required, Shape: readType(structures, typ)})
		}
	}
	return actions
}

// structure returns the structure of a name, which is read from a line of its own.
func structure(structures map[string]*awswire.Shape, name string) *awswire.Shape {
	s := structures[name]
	if s == nil {
		s = &awswire.Shape{Kind: awswire.Structure, Name: name}
		structures[name] = s
	}
	return s
}

func readType(structures map[string]*awswire.Shape, typ string) *awswire.Shape {
	s := &awswire.Shape{}
	typ, words, enum := strings.Cut(typ, "=")
	if enum && !strings.ContainsAny(typ, "[{") {
		return &awswire.Shape{Kind: awswire.String, Enum: strings.Split(words, "|")}
	}
	if enum {
		typ += "=" + words
	}
	bounded := false
	if at := strings.LastIndexByte(typ, '('); at >= 0 && strings.HasSuffix(typ, ")") {
		low, high, _ := strings.Cut(typ[at+1:len(typ)-1], "..")
		s.Min, _ = strconv.ParseInt(low, 10, 64)
		bounded = low != ""
		s.Max, _ = strconv.ParseInt(high, 10, 64)
		typ = typ[:at]
	}
	switch {
	case typ[0] == '[':
		s.Kind, s.Elem = awswire.List, readType(structures, typ[1:len(typ)-1])
	case typ[0] == '{':
		s.Kind, s.Elem = awswire.Map, readType(structures, typ[1:len(typ)-1])
	case typ == "s":
		s.Kind = awswire.String
	case typ == "n":
		if s.Kind = awswire.Float; !bounded {
			s.Min = math.MinInt64
		}
	case typ == "b":
		s.Kind = awswire.Boolean
	default:
		return structure(structures, typ)
	}
	return s
}

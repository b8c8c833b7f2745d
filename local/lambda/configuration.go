package lambda

import (
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/lambda/function"
)

// timeLayout is how Lambda spells LastModified.
const timeLayout = "2006-01-02T15:04:05.000-0700"

// configuration is FunctionConfiguration, its members in the order of Lambda's answers.
type configuration struct {
	FunctionName     string
	FunctionArn      string
	Runtime          string `json:",omitempty"`
	Role             string
	Handler          string `json:",omitempty"`
	CodeSize         int64
	Description      string
	Timeout          int // seconds
	MemorySize       int // MB
	LastModified     string
	CodeSha256       string `json:",omitempty"`
	Version          string
	Environment      *variables `json:",omitempty"`
	TracingConfig    map[string]string
	RevisionID       string `json:"RevisionId"`
	State            string
	LastUpdateStatus string
	PackageType      string
	Architectures    []string
	EphemeralStorage map[string]int
	SnapStart        map[string]string
	LoggingConfig    map[string]string
}

type variables struct {
	Variables map[string]string
}

// configurationOf shows a function in a place. Its ARN has the version where a version was asked for.
func configurationOf(at arn.Place, f *function.Function, qualifier string) *configuration {
	c := &configuration{
		FunctionName:     f.Name,
		FunctionArn:      at.FunctionARN(f.Name, qualifier),
		Runtime:          f.Runtime,
		Role:             f.Role,
		Handler:          f.Handler,
		CodeSize:         f.Code.Size,
		Description:      f.Description,
		Timeout:          int(f.Timeout / time.Second),
		MemorySize:       f.MemoryMB,
		LastModified:     f.LastModified.UTC().Format(timeLayout),
		CodeSha256:       f.Code.SHA256,
		Version:          f.Version,
		TracingConfig:    map[string]string{"Mode": "PassThrough"},
		RevisionID:       f.RevisionID,
		State:            "Active",
		LastUpdateStatus: "Successful",
		PackageType:      "Zip",
		Architectures:    []string{"x86_64"},
		EphemeralStorage: map[string]int{"Size": 512},
		SnapStart:        map[string]string{"ApplyOn": "None", "OptimizationStatus": "Off"},
		LoggingConfig:    map[string]string{"LogFormat": "Text", "LogGroup": "/aws/lambda/" + f.Name},
	}
	if len(f.Env) > 0 {
		c.Environment = &variables{Variables: f.Env}
	}
	return c
}

// published shows a function by the ARN of its version.
func published(at arn.Place, f *function.Function) *configuration {
	if f.Version == function.Latest {
		return configurationOf(at, f, "")
	}
	return configurationOf(at, f, f.Version)
}

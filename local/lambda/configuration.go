package lambda

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/lambda/function"
)

// timeLayout is how Lambda spells LastModified.
const timeLayout = "2006-01-02T15:04:05.000-0700"

// configuration is FunctionConfiguration, its members in the order of Lambda's answers.
type configuration struct {
	FunctionName               string
	FunctionArn                string
	Runtime                    string `json:",omitempty"`
	Role                       string
	Handler                    string `json:",omitempty"`
	CodeSize                   int64
	Description                string
	Timeout                    int // seconds
	MemorySize                 int // MB
	LastModified               string
	CodeSha256                 string `json:",omitempty"`
	Version                    string
	Environment                *variables        `json:",omitempty"`
	DeadLetterConfig           map[string]string `json:",omitempty"`
	KMSKeyArn                  string            `json:",omitempty"`
	TracingConfig              map[string]string
	RevisionID                 string           `json:"RevisionId"`
	Layers                     []layerReference `json:",omitempty"`
	State                      string
	StateReason                string `json:",omitempty"`
	StateReasonCode            string `json:",omitempty"`
	LastUpdateStatus           string `json:",omitempty"`
	LastUpdateStatusReason     string `json:",omitempty"`
	LastUpdateStatusReasonCode string `json:",omitempty"`
	PackageType                string
	Architectures              []string
	EphemeralStorage           map[string]int
	SnapStart                  map[string]string
	RuntimeVersionConfig       map[string]string `json:",omitempty"`
	LoggingConfig              loggingConfig
}

type layerReference struct {
	Arn      string
	CodeSize int64
}

type loggingConfig struct {
	LogFormat           string
	ApplicationLogLevel string `json:",omitempty"`
	SystemLogLevel      string `json:",omitempty"`
	LogGroup            string
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
		KMSKeyArn:        f.KeyARN,
		TracingConfig:    map[string]string{"Mode": cmp.Or(f.Tracing, "PassThrough")},
		RevisionID:       f.RevisionID,
		State:            "Active",
		LastUpdateStatus: "Successful",
		PackageType:      "Zip",
		Architectures:    []string{"x86_64"},
		EphemeralStorage: map[string]int{"Size": cmp.Or(f.EphemeralMB, function.DefaultEphemeralMB)},
		SnapStart:        map[string]string{"ApplyOn": cmp.Or(f.SnapStart, "None"), "OptimizationStatus": "Off"},
		LoggingConfig:    loggingOf(f),
	}
	if f.Env != nil {
		c.Environment = &variables{Variables: f.Env}
	}
	if f.Architectures != nil {
		c.Architectures = f.Architectures
	}
	if f.DeadLetterARN != "" {
		c.DeadLetterConfig = map[string]string{"TargetArn": f.DeadLetterARN}
	}
	for _, l := range f.Layers {
		c.Layers = append(c.Layers, layerReference{l.ARN, l.Size})
	}
	if f.Runtime != "" {
		digest := sha256.Sum256([]byte(f.Runtime))
		version := arn.ARN{Partition: at.Partition(), Service: "lambda", Region: at.Region, Resource: "runtime:" + hex.EncodeToString(digest[:])}
		c.RuntimeVersionConfig = map[string]string{"RuntimeVersionArn": version.String()}
	}
	c.state(f)
	return c
}

// loggingOf shows how a function logs. With JSON both levels are INFO where nobody says.
func loggingOf(f *function.Function) loggingConfig {
	l := loggingConfig{LogFormat: cmp.Or(f.Logging.Format, "Text"), LogGroup: cmp.Or(f.Logging.Group, "/aws/lambda/"+f.Name)}
	if l.LogFormat == "JSON" {
		l.ApplicationLogLevel, l.SystemLogLevel = cmp.Or(f.Logging.ApplicationLevel, "INFO"), cmp.Or(f.Logging.SystemLevel, "INFO")
	}
	return l
}

// state shows how far the last change of the function has come.
func (c *configuration) state(f *function.Function) {
	if f.Settled() {
		return
	}
	const reason, code = "The function is being created.", "Creating" // of a change, too
	c.RevisionID = f.Interim
	if f.New {
		c.State, c.StateReason, c.StateReasonCode, c.LastUpdateStatus = "Pending", reason, code, ""
		return
	}
	c.LastUpdateStatus, c.LastUpdateStatusReason, c.LastUpdateStatusReasonCode = "InProgress", reason, code
}

// published shows a function by the ARN of its version.
func published(at arn.Place, f *function.Function) *configuration {
	if f.Version == function.Latest {
		return configurationOf(at, f, "")
	}
	return configurationOf(at, f, f.Version)
}

package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/console"
	"github.com/statelark/statelark/console/auth"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/lambda/function"
	"github.com/statelark/statelark/task"
)

// Config is what a node is and where it is.
type Config struct {
	Listen string    // HOST:PORT; port 0: any that is free
	Place  arn.Place // of calls that do not say from where they are
	Data   string    // directory; "": everything stays in memory

	// Limits are what requests, executions and nouns are held to; nil: AWS's.
	Limits *limits.Limits

	// AccountFromKey makes an access key id of 12 digits the account of its caller.
	AccountFromKey bool

	// KeepExpress is how many Express executions that ended last a node keeps for people to look at; 0: none.
	KeepExpress int
	// MaxClosed is how many closed executions a node in memory keeps; 0: as many as fit into its bytes for them.
	MaxClosed int
	// Memory is the number of bytes that caches follow; 0: DefaultMemory.
	Memory int64
	// AllowedHosts are names by which the node may be called, beside those that it knows of itself; see CheckHosts.
	AllowedHosts []string

	// S3Directory is a directory whose folders are the buckets of S3 that Map Runs read and write; "": there are none.
	S3Directory string

	// Console is whether browsers get pages: ConsoleOn or ConsoleOff; "": on.
	Console string
	// Auth says who may use the console.
	Auth auth.Config

	// Search is whether there is an index of executions, SearchOn or SearchOff; "": on, if there is a console. Without one,
	// those that began last are looked through.
	Search string
	// SearchPayloadBytes is how much of each input and output can be looked into; 0: DefaultSearchPayloadBytes; below 0:
	// nothing.
	SearchPayloadBytes int

	Telemetry Telemetry
	// MockConfig is a mock configuration file, in the form of Step Functions Local; "": there is none.
	MockConfig string
	// Delay is how long Wait states wait, and attempts for the one after them, that are to take so many ms; nil: as long.
	Delay func(ms int64) int64

	// Services says where services of AWS are, by the names that the model has for them; ServiceEndpoint, where all others
	// are: "" is Embedded.
	Services        map[string]Service
	ServiceEndpoint string

	// AutoCreate has what Tasks name and nobody has made be made, in services that are built in.
	AutoCreate bool
	// HTTPAllow are hosts, addresses and networks that Tasks of http:invoke may call although they are on this machine or in a
	// private network; those may be called without TLS as well.
	HTTPAllow []string

	// Jobs are the commands that run in the place of jobs of Batch, tasks of ECS and job runs of Glue, by a name of theirs.
	Jobs map[string]jobs.Command

	// Functions are there without being uploaded.
	Functions []function.Function
	// FunctionConcurrency is how many invocations of each function run at once; 0: by its kind.
	FunctionConcurrency int
	// FunctionUser is as whom functions run, where the server is root; "": as the server.
	FunctionUser string
	// PassEnv are variables of the server that functions get: names, or patterns such as AWS_*.
	PassEnv []string
}

// Options are what a node may be lent. The zero value will do.
type Options struct {
	// Log gets what no caller is told; nil: nobody.
	Log *slog.Logger
	// Now is the clock of executions and of the API; nil: time.Now.
	Now func() time.Time
	// Version of the program, for people and for what is written into a directory.
	Version string
	// Settings are those in force, for admins to look at, without secrets; nil: nobody knows.
	Settings func() []console.SettingSection
	// Invoke does the calls of Lambda functions in place of those of the configuration, for measurements; nil: they do.
	Invoke task.Target
}

// DefaultMemory is the memory of a node that is told no other, in bytes.
const DefaultMemory = 256e6

func (cfg *Config) memory() int64 {
	if cfg.Memory == 0 {
		return DefaultMemory
	}
	return cfg.Memory
}

// CheckFunctions declares the functions to a catalogue that is thrown away, and says what Start would say of them.
func (cfg *Config) CheckFunctions() (err error) {
	catalog, err := function.NewCatalog(cfg.Place, function.Options{PassEnv: cfg.PassEnv, User: cfg.FunctionUser})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, catalog.Close(context.Background())) }()
	return cfg.declareFunctions(catalog)
}

func (cfg *Config) declareFunctions(catalog *function.Catalog) error {
	for _, f := range cfg.Functions {
		if err := catalog.Declare(f); err != nil {
			return err
		}
	}
	return nil
}

// A StartError is why a node does not start, and which part of it would not.
type StartError struct {
	Part Part
	Err  error
}

// Part is a part of a node that may refuse to start.
type Part string

// The parts.
const (
	Files     Part = "files" // too few may be open
	Store     Part = "store"
	Listener  Part = "listener"
	Functions Part = "functions"
	Mocks     Part = "mocks"
	Engine    Part = "engine"
	Buckets   Part = "buckets" // the directory of buckets
	BuiltIn   Part = "services"
	// TelemetryPart is logs, metrics and traces.
	TelemetryPart Part = "telemetry"
	Console       Part = "console"
)

// Error says what the part said.
func (e *StartError) Error() string {
	switch e.Part {
	case Listener:
		return fmt.Sprintf("listening: %v", e.Err)
	case Engine:
		return fmt.Sprintf("starting the engine: %v", e.Err)
	}
	return e.Err.Error()
}

// Unwrap returns the error of the part.
func (e *StartError) Unwrap() error { return e.Err }

package function

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Latest is the version of a function that can change.
const Latest = "$LATEST"

// What a Function gets when it does not say, as on AWS.
const (
	DefaultTimeout  = 3 * time.Second
	DefaultMemoryMB = 128
)

// Bounds of AWS Lambda.
const (
	MaxTimeout  = 900 * time.Second
	MinMemoryMB = 128
	MaxMemoryMB = 10240
)

// Function is one version of a function. It does not change once the catalogue holds it.
type Function struct {
	Name        string
	Version     string // Latest, or the number of a published version
	Description string
	Role        string // ARN; shown, not used
	Runtime     string // "python3.12", "nodejs20.x", "provided.al2023"; "" for a command and a URL
	Handler     string // "module.function"; not used by provided.*
	Timeout     time.Duration
	MemoryMB    int // told to the function, not enforced
	Env         map[string]string
	Code        Code
	// What follows is shown; of it Layers and EphemeralMB are told to the function as well.
	Layers        []Layer  `json:",omitempty"`
	EphemeralMB   int      `json:",omitempty"` // 0: DefaultEphemeralMB
	Architectures []string `json:",omitempty"` // nil: x86_64
	Tracing       string   `json:",omitempty"` // "": PassThrough
	SnapStart     string   `json:",omitempty"` // what it applies on; "": None
	Logging       Logging  `json:",omitzero"`
	DeadLetterARN string   `json:",omitempty"`
	KeyARN        string   `json:",omitempty"` // of KMS

	// Concurrency is how many invocations may run at once; 0: as Options say. It is none of Lambda's settings.
	Concurrency int `json:"-"`

	RevisionID   string
	LastModified time.Time

	// Until Settles the function is shown as on its way: on AWS what was just made or changed is not ready at once, and who
	// changes it again is refused. Interim is its revision until then; New says that it is being made. It can be called all the time.
	Settles time.Time `json:"-"`
	Interim string    `json:"-"`
	New     bool      `json:"-"`
}

// Settled reports whether the function is ready.
func (f *Function) Settled() bool { return !time.Now().Before(f.Settles) }

// Layer is a version of a layer that a function has.
type Layer struct {
	ARN    string
	Size   int64
	SHA256 string // of its archive
	// Archive is its code while it is not yet unpacked, and Dir where this catalogue has unpacked it.
	Archive []byte `json:"-"`
	Dir     string `json:"-"`
}

// Logging is how a function is to log; "" is as Lambda has it.
type Logging struct {
	Format           string `json:",omitempty"` // "Text" or "JSON"
	ApplicationLevel string `json:",omitempty"`
	SystemLevel      string `json:",omitempty"`
	Group            string `json:",omitempty"`
}

// DefaultEphemeralMB is the size of /tmp that a function is told.
const DefaultEphemeralMB = 512

// Code says where the code of a function is, and with it which provider runs it: Command alone, URL alone, or
// a directory with the function's Runtime.
type Code struct {
	// Command is started for each invocation, with the event on standard input; it prints the result. The
	// variables AWS_LAMBDA_REQUEST_ID and AWS_LAMBDA_FUNCTION_ARN tell it which invocation of what it is.
	Command []string
	// Dir is the directory of the handler; with Command, its working directory.
	Dir string `json:"-"` // of an upload: where this catalogue unpacked it
	// URL is sent the event with POST and answers with the result.
	URL string
	// SHA256 and Size are those of the archive the code was uploaded as: SHA256 in Base64, Size in bytes.
	SHA256 string
	Size   int64
}

var validName = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`)

// prepare checks f and fills in the defaults.
func (f *Function) prepare() error {
	if !validName.MatchString(f.Name) {
		return fmt.Errorf("function %q: the name has to be 1 to 64 letters, digits, hyphens and underscores", f.Name)
	}
	if f.Timeout == 0 {
		f.Timeout = DefaultTimeout
	}
	if f.MemoryMB == 0 {
		f.MemoryMB = DefaultMemoryMB
	}
	if f.Timeout < time.Second || f.Timeout > MaxTimeout {
		return fmt.Errorf("function %s: the timeout is %v; it has to be between 1 second and 15 minutes", f.Name, f.Timeout)
	}
	if f.MemoryMB < MinMemoryMB || f.MemoryMB > MaxMemoryMB {
		return fmt.Errorf("function %s: the memory is %d MB; it has to be between %d and %d", f.Name, f.MemoryMB, MinMemoryMB, MaxMemoryMB)
	}
	if f.Concurrency < 0 {
		return fmt.Errorf("function %s: the concurrency is %d; it has to be 1 or more", f.Name, f.Concurrency)
	}
	return f.checkCode()
}

func (f *Function) checkCode() error {
	switch {
	case len(f.Code.Command) > 0 && f.Code.URL != "":
		return fmt.Errorf("function %s: it has a command and a URL; choose one", f.Name)
	case len(f.Code.Command) > 0 || f.Code.URL != "":
		if f.Runtime != "" {
			return fmt.Errorf("function %s: a runtime goes with a directory, not with a command or a URL", f.Name)
		}
		return f.checkURL()
	case f.Code.Dir == "":
		return fmt.Errorf("function %s: it needs a command, a URL or a directory", f.Name)
	}
	family, err := runtimeFamily(f.Runtime)
	if err != nil {
		return fmt.Errorf("function %s: %w", f.Name, err)
	}
	if f.Handler == "" && family != familyProvided {
		return fmt.Errorf("function %s: the runtime %s needs a handler", f.Name, f.Runtime)
	}
	return nil
}

func (f *Function) checkURL() error {
	if f.Code.URL == "" {
		return nil
	}
	if _, err := parseURL(f.Code.URL); err != nil {
		return fmt.Errorf("function %s: %w", f.Name, err)
	}
	return nil
}

func (f *Function) clone() *Function {
	c := *f
	c.Env = maps.Clone(f.Env)
	c.Code.Command = slices.Clone(f.Code.Command)
	c.Layers, c.Architectures = slices.Clone(f.Layers), slices.Clone(f.Architectures)
	return &c
}

// family is how a runtime is started.
type family uint8

const (
	familyPython family = iota + 1
	familyNode
	familyProvided
)

// Runtimes is the text that tells which runtimes there are.
const Runtimes = "python3.*, nodejs*, provided, provided.*, go1.x"

func runtimeFamily(name string) (family, error) {
	switch {
	case strings.HasPrefix(name, "python3."):
		return familyPython, nil
	case strings.HasPrefix(name, "nodejs"):
		return familyNode, nil
	case name == "provided", strings.HasPrefix(name, "provided."), name == "go1.x":
		return familyProvided, nil
	}
	return 0, fmt.Errorf("the runtime %q is not one that can be run here (%s)", name, Runtimes)
}

// CheckRuntime reports whether functions of a runtime can be run.
func CheckRuntime(name string) error {
	_, err := runtimeFamily(name)
	return err
}

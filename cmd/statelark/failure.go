package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit codes. They are part of the interface: scripts go by them.
const (
	exitOK          = 0
	exitFailed      = 1 // the execution FAILED, or the command did
	exitUsage       = 2 // the command line or the configuration is wrong
	exitInvalid     = 3 // a definition is invalid
	exitDenied      = 4 // there are no credentials, or the server does not take them
	exitTimedOut    = 5
	exitAborted     = 6
	exitUnreachable = 7   // the server does not answer
	exitWaited      = 124 // the time to wait is up, and the execution goes on
	exitInterrupted = 130
)

// failure is why a command ends with a code other than 0.
type failure struct {
	code int
	err  error  // what, where and why; nil: everything was said already
	next string // what to do about it, "" when there is nothing to say
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// usage is a mistake in the command line or in the configuration.
func usage(err error) *failure { return &failure{code: exitUsage, err: err} }

// flagError says of a value of the wrong type what it has to be; Go's own words are of its parsers.
func flagError(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	var form string
	switch invalid.GetFlag().Value.Type() {
	case "int", "int64":
		form = "a whole number"
	case "float64":
		form = "a number"
	case "duration":
		form = "a time with its unit, such as 30s or 5m"
	case "bool":
		form = "true or false"
	default:
		return err
	}
	return fmt.Errorf("--%s is %q; it has to be %s", invalid.GetFlag().Name, invalid.GetValue(), form)
}

// hint is a failure with the next step to take.
func hint(code int, err error, next string, a ...any) *failure {
	return &failure{code: code, err: err, next: fmt.Sprintf(next, a...)}
}

// asFailure makes a failure of whatever a command returned. Of the mistakes in a command line,
// cobra alone finds a command that does not exist, and it tells by the text.
func asFailure(err error, c *cobra.Command) *failure {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: exitFailed, err: err}
		if strings.HasPrefix(err.Error(), "unknown command") {
			f.code = exitUsage
		}
	}
	var file *fs.PathError // then help helps nothing
	if f.code == exitUsage && f.next == "" && !errors.As(err, &file) {
		f.next = fmt.Sprintf("see %q", c.CommandPath()+" --help")
	}
	return f
}

func (f *failure) print(w io.Writer) {
	if f.err == nil {
		return
	}
	say(w, "statelark: %s\n", strings.TrimSpace(f.err.Error()))
	if f.next != "" {
		say(w, "  next: %s\n", f.next)
	}
}

// say writes to people. When that fails, they are gone, and there is nobody to tell.
func say(w io.Writer, format string, a ...any) { _, _ = fmt.Fprintf(w, format, a...) }

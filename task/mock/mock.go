// Package mock answers Tasks from a mock configuration file, in the form of Step Functions Local: in executions that were
// started with a test case, a mocked response stands for what a state would have called.
package mock

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// maxFile is how large a mock configuration may be, in bytes.
const maxFile = 16 << 20

// Mocks is a mock configuration file, read again when it has changed. It is the target of what it mocks.
type Mocks struct {
	path string

	config atomic.Pointer[configuration] // the last one that could be read; whoever asks for it waits for no file

	mu      sync.Mutex // guards the reading, and what follows
	changed time.Time  // of the file when it was read
	size    int64
}

// Open reads a mock configuration file.
func Open(path string) (*Mocks, error) {
	m := &Mocks{path: path}
	_, err := m.read()
	return m, err
}

// read returns the configuration as the file is now.
func (m *Mocks) read() (*configuration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	info, err := os.Stat(m.path)
	if err != nil {
		return nil, fmt.Errorf("reading the mock configuration: %w", err)
	}
	if c := m.config.Load(); c != nil && info.ModTime().Equal(m.changed) && info.Size() == m.size {
		return c, nil
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("the mock configuration %s has %d bytes; it may have %d", m.path, info.Size(), maxFile)
	}
	text, err := os.ReadFile(m.path)
	if err != nil {
		return nil, fmt.Errorf("reading the mock configuration: %w", err)
	}
	c, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("the mock configuration %s: %w", m.path, err)
	}
	m.changed, m.size = info.ModTime(), info.Size()
	m.config.Store(c)
	return c, nil
}

// last returns the configuration as it was when an execution was started last.
func (m *Mocks) last() *configuration { return m.config.Load() }

// Check reports why no execution of a state machine, given by its ARN, can be started with a test case. It looks whether
// the file has changed.
func (m *Mocks) Check(machine, testCase string) error {
	c, err := m.read()
	if err != nil {
		return err
	}
	name := machineName(machine)
	cases, ok := c.machines[name]
	if !ok {
		return fmt.Errorf("%s has no state machine %s; it has %s", m.path, name, listed(c.machines))
	}
	states, ok := cases[testCase]
	if !ok {
		return fmt.Errorf("%s has no test case %s of %s; it has %s", m.path, testCase, name, listed(cases))
	}
	for state, response := range states {
		r, ok := c.responses[response]
		if !ok {
			return fmt.Errorf("%s: test case %s of %s mocks %s with %s, which is none of its MockedResponses", m.path, testCase, name, state, response)
		}
		if r.err != nil {
			return fmt.Errorf("%s: %w", m.path, r.err)
		}
	}
	return nil
}

func listed[T any](names map[string]T) string {
	if len(names) == 0 {
		return "none"
	}
	var all []string
	for name := range names {
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// machineName is the name in the ARN of a state machine, the label of a distributed Map in it left out.
func machineName(arn string) string {
	_, name, _ := strings.Cut(arn, ":stateMachine:")
	name, _, _ = strings.Cut(name, ":")
	name, _, _ = strings.Cut(name, "/")
	return name
}

// Mocks reports whether a state of a test case is mocked. Of a case that the file has no more they all are: a test that goes
// on without its mocks would call what it must not.
func (m *Mocks) Mocks(of *task.Mock) bool {
	return m.last().mocks(of)
}

// Start answers with the mocked response of the attempt.
func (m *Mocks) Start(_ context.Context, c *task.Call) (task.Outcome, error) {
	r, ok := m.last().response(&c.Mock)
	switch {
	case !ok: // the file has changed
		return task.Outcome{}, task.Fatalf("The mock configuration has no test case %s for the state '%s' any more.", c.Mock.Case, c.Mock.State)
	case c.Resource.Activity != "":
		return task.Outcome{}, task.Fatalf("Activity state cannot be mocked. Please remove mocks mapped for all activity state in the mock config file.")
	}
	a := r.at(c.Mock.Attempt)
	switch {
	case a == nil:
		return task.Outcome{}, task.Fatalf("No mocked response is defined for attempt %d of the state '%s' in the test case %s.",
			c.Mock.Attempt, c.Mock.State, c.Mock.Case)
	case a.failure != nil:
		failure := *a.failure
		return task.Outcome{}, &failure
	}
	return task.Outcome{Output: result(&c.Resource, a.result), Final: true}, nil
}

// result is what a Task answers. A mock of a function that the Resource names itself is the answer of Lambda's Invoke, or
// the function's own.
func result(r *asl.Resource, v value.Value) value.Value {
	if r.Function == "" {
		return v
	}
	_, status := v.Get("StatusCode")
	if payload, ok := v.Get("Payload"); ok && status {
		return payload
	}
	return v
}

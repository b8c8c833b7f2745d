package mock

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// configuration is what a file says.
type configuration struct {
	machines  map[string]map[string]map[string]string // by state machine, test case and state: the name of a response
	responses map[string]*response
}

// response is a mocked response: what it answers by attempt. err is what is wrong with it, nil when nothing is: a response
// that is wrong hinders only those test cases that use it.
type response struct {
	answers []answer // by attempt, without overlaps
	err     error
}

// answer is what the attempts from first to last are answered.
type answer struct {
	first, last int64
	result      value.Value
	failure     *task.Error // nil: it succeeds
}

// at returns the answer of an attempt, nil when there is none.
func (r *response) at(attempt int64) *answer {
	for i := range r.answers {
		if a := &r.answers[i]; a.first <= attempt && attempt <= a.last {
			return a
		}
	}
	return nil
}

// mocks reports whether a state of a test case is mocked, or the case is gone.
func (c *configuration) mocks(m *task.Mock) bool {
	if c == nil {
		return true
	}
	states, ok := c.machines[machineName(m.Machine)][m.Case]
	_, mocked := states[m.State]
	return mocked || !ok
}

// response returns the response that mocks a state of a test case, false when it is not mocked.
func (c *configuration) response(m *task.Mock) (*response, bool) {
	if c == nil {
		return nil, false
	}
	name, ok := c.machines[machineName(m.Machine)][m.Case][m.State]
	r := c.responses[name]
	return r, ok && r != nil
}

// parse reads a file.
func parse(text []byte) (*configuration, error) {
	v, err := value.ParseBytes(text)
	if err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	c := &configuration{machines: map[string]map[string]map[string]string{}, responses: map[string]*response{}}
	if v.Kind() != value.Object {
		return nil, errors.New("it has to be an object with StateMachines and MockedResponses")
	}
	machines, err := object(v, "StateMachines")
	if err != nil {
		return nil, err
	}
	for _, m := range machines {
		cases, err := object(m.Value, "TestCases")
		if err != nil {
			return nil, fmt.Errorf("state machine %s: %w", m.Key, err)
		}
		c.machines[m.Key] = map[string]map[string]string{}
		for _, tc := range cases {
			if c.machines[m.Key][tc.Key], err = parseCase(tc.Value); err != nil {
				return nil, fmt.Errorf("state machine %s: test case %s: %w", m.Key, tc.Key, err)
			}
		}
	}
	responses, err := object(v, "MockedResponses")
	if err != nil {
		return nil, err
	}
	for _, m := range responses {
		r := &response{}
		if r.answers, err = parseAnswers(m.Value); err != nil {
			r.err = fmt.Errorf("mocked response %s: %w", m.Key, err)
		}
		c.responses[m.Key] = r
	}
	return c, nil
}

// object returns the members of a member that is an object, none when there is no such member.
func object(v value.Value, key string) ([]value.Member, error) {
	m, ok := v.Get(key)
	if ok && m.Kind() != value.Object {
		return nil, fmt.Errorf("%s has to be an object", key)
	}
	return m.Members(), nil
}

// parseCase reads a test case: the names of responses by state.
func parseCase(v value.Value) (map[string]string, error) {
	if v.Kind() != value.Object {
		return nil, errors.New("it has to be an object that names a mocked response for each mocked state")
	}
	states := map[string]string{}
	for _, m := range v.Members() {
		if m.Value.Kind() != value.String {
			return nil, fmt.Errorf("state %s has to have the name of a mocked response", m.Key)
		}
		states[m.Key] = m.Value.Str()
	}
	return states, nil
}

// parseAnswers reads a mocked response.
func parseAnswers(v value.Value) ([]answer, error) {
	if v.Kind() != value.Object {
		return nil, errors.New("it has to be an object with an answer for each attempt")
	}
	var answers []answer
	for _, m := range v.Members() {
		a, err := parseAnswer(m.Value)
		if err != nil {
			return nil, fmt.Errorf("attempt %s: %w", m.Key, err)
		}
		if a.first, a.last, err = parseAttempts(m.Key); err != nil {
			return nil, err
		}
		answers = append(answers, a)
	}
	slices.SortFunc(answers, func(a, b answer) int { return int(a.first - b.first) })
	for i := 1; i < len(answers); i++ {
		if answers[i].first <= answers[i-1].last {
			return nil, fmt.Errorf("attempt %d has two answers", answers[i].first)
		}
	}
	return answers, nil
}

// parseAttempts reads "3" or "1-2".
func parseAttempts(text string) (first, last int64, err error) {
	from, to, ranged := strings.Cut(text, "-")
	if !ranged {
		to = from
	}
	first, err = strconv.ParseInt(from, 10, 32)
	if err == nil {
		last, err = strconv.ParseInt(to, 10, 32)
	}
	if err != nil || first < 0 || last < first {
		return 0, 0, fmt.Errorf("attempt %q: it has to be a number from 0 on, or two such as 1-2", text)
	}
	return first, last, nil
}

// parseAnswer reads the answer of an attempt: {"Return": …} or {"Throw": {"Error", "Cause"}}.
func parseAnswer(v value.Value) (answer, error) {
	result, returns := v.Get("Return")
	thrown, throws := v.Get("Throw")
	if v.Kind() != value.Object || returns == throws {
		return answer{}, errors.New("it has to have either Return or Throw")
	}
	if returns {
		return answer{result: result}, nil
	}
	name, ok := thrown.Get("Error")
	cause, has := thrown.Get("Cause")
	if !ok || name.Kind() != value.String || has && cause.Kind() != value.String {
		return answer{}, errors.New("a Throw has to have an Error, and may have a Cause, both strings")
	}
	return answer{failure: &task.Error{Name: name.Str(), Cause: cause.Str()}}, nil
}

package asl

import (
	"errors"
	"strings"

	"github.com/statelark/statelark/arn"
)

// Pattern is how a Task waits for what it calls.
type Pattern uint8

// The patterns.
const (
	RequestResponse Pattern = iota + 1
	Sync                    // .sync: until the job is done
	Sync2                   // .sync:2: the same, its output as JSON
	WaitForTaskToken
)

// Suffix is what the ARN of a Task's resource has for the pattern: "", ".sync", ".sync:2" or ".waitForTaskToken".
func (p Pattern) Suffix() string {
	switch p {
	case Sync:
		return ".sync"
	case Sync2:
		return ".sync:2"
	case WaitForTaskToken:
		return ".waitForTaskToken"
	}
	return ""
}

// Resource is what the Resource field of a Task names. Of the three kinds, exactly one holds: a function or
// activity ARN (Function, Activity), or an integration (Service and Action).
type Resource struct {
	ARN      string
	Place    arn.Place // of a function or an activity
	Function string    // name with version or alias, of arn:…:lambda:…:function:…
	Activity string    // name, of arn:…:states:…:activity:…
	Service  string    // "lambda", "states", "aws-sdk:dynamodb"
	Action   string    // "invoke", without the suffix of the pattern
	Pattern  Pattern
}

// Type is the resourceType that history shows for an integration.
func (r Resource) Type() string { return r.Service }

// Name is the resource that history shows for an integration: the action with its pattern.
func (r Resource) Name() string { return r.Action + r.Pattern.Suffix() }

// Waits reports whether a Task goes on after its request was answered: until a job is done, or somebody returns its token.
func (r *Resource) Waits() bool {
	return r.Function == "" && r.Activity == "" && r.Pattern != RequestResponse
}

// errNotRecognized is the answer of ParseResource to everything that it does not know.
var errNotRecognized = errors.New("the resource is not recognized")

// ParseResource reads the ARN of a function, of an activity or of an integration that exists.
func ParseResource(text string) (Resource, error) {
	a, ok := arn.Parse(text)
	if !ok || !isWord(a.Partition, "-") {
		return Resource{}, errNotRecognized
	}
	r := Resource{ARN: text, Place: a.Place()}
	kind, name := a.Cut()
	switch {
	case a.Service == "lambda" && kind == "function" && isFunction(name):
		r.Function = name
	case a.Service == "states" && r.Place == (arn.Place{}):
		return r.integration(kind, name)
	case a.Service == "states" && kind == "activity" && name != "" && !strings.Contains(name, ":"):
		r.Activity = name
	default:
		return Resource{}, errNotRecognized
	}
	return r, nil
}

// isFunction reports whether name is a function's, alone or with a version or alias.
func isFunction(name string) bool {
	function, qualifier, qualified := strings.Cut(name, ":")
	if qualified && (qualifier == "" || strings.Contains(qualifier, ":")) {
		return false
	}
	return function != ""
}

// integration fills in the service and the call, such as "invoke.waitForTaskToken" or "dynamodb:putItem".
func (r Resource) integration(service, call string) (Resource, error) {
	if service == sdkService {
		sdk, action, _ := strings.Cut(call, ":")
		service, call = service+":"+sdk, action
	}
	r.Service = service
	r.Action, r.Pattern = splitPattern(call)
	if !r.known() {
		return Resource{}, errNotRecognized
	}
	return r, nil
}

func splitPattern(call string) (action string, p Pattern) {
	for _, suffix := range []struct {
		text    string
		pattern Pattern
	}{{".sync", Sync}, {".sync:2", Sync2}, {".waitForTaskToken", WaitForTaskToken}} {
		if action, ok := strings.CutSuffix(call, suffix.text); ok {
			return action, suffix.pattern
		}
	}
	return call, RequestResponse
}

// known reports whether the integration exists. Of the AWS SDK's services and actions only the form is looked
// at.
func (r Resource) known() bool {
	if sdk, ok := strings.CutPrefix(r.Service, sdkService+":"); ok {
		return isWord(sdk, "") && isWord(r.Action, "") && r.Action[0] >= 'a' && r.Action[0] <= 'z' &&
			(r.Pattern == RequestResponse || r.Pattern == WaitForTaskToken)
	}
	return integrations[r.Service][r.Action].has(r.Pattern)
}

// isWord reports whether text is letters, digits and characters of extra, and not empty.
func isWord(text, extra string) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(extra, c) >= 0:
		default:
			return false
		}
	}
	return text != ""
}

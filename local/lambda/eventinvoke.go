package lambda

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
)

// eventInvoke is FunctionEventInvokeConfig. It is kept and shown: asynchronous invocations are tried again as the server has it.
type eventInvoke struct {
	FunctionArn              string
	LastModified             float64         // seconds since 1970
	MaximumRetryAttempts     *int64          `json:",omitempty"`
	MaximumEventAgeInSeconds *int64          `json:",omitempty"`
	DestinationConfig        json.RawMessage `json:",omitempty"`
}

func noEventInvoke(arn string) error {
	return function.Errorf("ResourceNotFoundException", http.StatusNotFound, "The function %s doesn't have an EventInvokeConfig", arn)
}

// eventRef returns what a request about asynchronous invocations names, and its ARN, which has a version always.
func (h *Handler) eventRef(c *awswire.Call) (function.Ref, string, error) {
	ref, err := h.ref(c)
	return ref, c.Place.FunctionARN(ref.Name, cmp.Or(ref.Qualifier, function.Latest)), err
}

// eventConfig reads what there is; a version that does not exist has none.
func (h *Handler) eventConfig(c *awswire.Call) (function.Ref, *eventInvoke, error) {
	ref, arn, err := h.eventRef(c)
	if err != nil {
		return ref, nil, err
	}
	e := &eventInvoke{}
	found, err := h.note(ref, eventNote, e)
	if err != nil || !found {
		return ref, nil, noEventInvoke(arn)
	}
	return ref, e, nil
}

func (h *Handler) putEventInvoke(_ context.Context, c *awswire.Call) error {
	return h.setEventInvoke(c, false)
}

func (h *Handler) updateEventInvoke(_ context.Context, c *awswire.Call) error {
	return h.setEventInvoke(c, true)
}

func (h *Handler) setEventInvoke(c *awswire.Call, update bool) error {
	ref, arn, err := h.eventRef(c)
	if err != nil {
		return err
	}
	if !c.Has("MaximumRetryAttempts") && !c.Has("MaximumEventAgeInSeconds") && !c.Has("DestinationConfig") {
		return invalid("You must specify at least one of error handling or destination setting.")
	}
	if _, err := h.catalog.Get(ref); err != nil {
		return function.Errorf("ResourceNotFoundException", http.StatusNotFound, "The function doesn't exist.")
	}
	e := &eventInvoke{}
	if update {
		if _, e, err = h.eventConfig(c); err != nil {
			return err
		}
	}
	e.FunctionArn, e.LastModified = arn, float64(time.Now().UnixMilli())/1000
	if n := c.IntPtr("MaximumRetryAttempts"); n != nil {
		e.MaximumRetryAttempts = n
	}
	if n := c.IntPtr("MaximumEventAgeInSeconds"); n != nil {
		e.MaximumEventAgeInSeconds = n
	}
	if c.Has("DestinationConfig") {
		e.DestinationConfig = json.RawMessage(c.Text("DestinationConfig"))
	}
	if e.DestinationConfig == nil {
		e.DestinationConfig = json.RawMessage(`{"OnSuccess":{},"OnFailure":{}}`)
	}
	if err := h.setNote(ref, eventNote, e); err != nil {
		return err
	}
	return answer(c, e)
}

func (h *Handler) getEventInvoke(_ context.Context, c *awswire.Call) error {
	_, e, err := h.eventConfig(c)
	if err != nil {
		return err
	}
	return answer(c, e)
}

func (h *Handler) deleteEventInvoke(_ context.Context, c *awswire.Call) error {
	ref, arn, err := h.eventRef(c)
	if err != nil {
		return err
	}
	return h.dropNote(ref, eventNote, noEventInvoke(arn))
}

func (h *Handler) listEventInvoke(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	notes, err := h.catalog.Notes(ref, eventNote)
	if err != nil {
		return err
	}
	found := make([]json.RawMessage, 0, len(notes))
	for _, qualifier := range slices.Sorted(maps.Keys(notes)) {
		found = append(found, json.RawMessage(notes[qualifier]))
	}
	return answer(c, map[string]any{"FunctionEventInvokeConfigs": found})
}

type recursion struct {
	RecursiveLoop string
}

func (h *Handler) putRecursion(_ context.Context, c *awswire.Call) error {
	ref, err := h.unqualified(c)
	if err != nil {
		return err
	}
	r := recursion{c.Str("RecursiveLoop")}
	if err := h.setNote(ref, recursionNote, r); err != nil {
		return err
	}
	return answer(c, r)
}

func (h *Handler) getRecursion(_ context.Context, c *awswire.Call) error {
	ref, err := h.unqualified(c)
	if err != nil {
		return err
	}
	r := recursion{"Terminate"}
	if _, err := h.note(ref, recursionNote, &r); err != nil {
		return err
	}
	return answer(c, r)
}

// runtimeManagement is what GetRuntimeManagementConfig shows.
type runtimeManagement struct {
	UpdateRuntimeOn   string
	RuntimeVersionArn string `json:",omitempty"`
	FunctionArn       string
}

func (h *Handler) putRuntimeManagement(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	m := runtimeManagement{c.Str("UpdateRuntimeOn"), c.Str("RuntimeVersionArn"), c.Place.FunctionARN(ref.Name, ref.Qualifier)}
	if (m.UpdateRuntimeOn == "Manual") != (m.RuntimeVersionArn != "") {
		return invalid("Runtime version ARN goes with the runtime update mode Manual, and with no other.")
	}
	if err := h.setNote(ref, runtimeNote, m); err != nil {
		return err
	}
	return answer(c, m)
}

func (h *Handler) getRuntimeManagement(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	m := runtimeManagement{UpdateRuntimeOn: "Auto", FunctionArn: c.Place.FunctionARN(ref.Name, ref.Qualifier)}
	if _, err := h.note(ref, runtimeNote, &m); err != nil {
		return err
	}
	return answer(c, m)
}

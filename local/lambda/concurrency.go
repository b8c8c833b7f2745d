package lambda

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
)

type reserved struct {
	ReservedConcurrentExecutions int64
}

func (h *Handler) putConcurrency(_ context.Context, c *awswire.Call) error {
	ref, err := h.unqualified(c)
	if err != nil {
		return err
	}
	if _, err := h.catalog.Get(ref); err != nil { // as Lambda words it
		ref.Qualifier = function.Latest
		_, err := h.catalog.Get(ref)
		return err
	}
	n := c.Int("ReservedConcurrentExecutions")
	if h.catalog.ReservedIn(c.Place, ref.Name)+n > unreservable {
		return invalid("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].")
	}
	if err := h.catalog.Reserve(ref, &n); err != nil {
		return err
	}
	return answer(c, reserved{n})
}

// unreservable is how many of an account's 1,000 concurrent invocations its functions may reserve.
const unreservable = 900

func (h *Handler) getConcurrency(_ context.Context, c *awswire.Call) error {
	ref, err := h.unqualified(c)
	if err != nil {
		return err
	}
	n, err := h.catalog.Reserved(ref)
	if err != nil || n == nil {
		return err
	}
	return answer(c, reserved{*n})
}

func (h *Handler) deleteConcurrency(_ context.Context, c *awswire.Call) error {
	ref, err := h.unqualified(c)
	if err != nil {
		return err
	}
	return h.catalog.Reserve(ref, nil)
}

// provisioned is ProvisionedConcurrencyConfig. Functions start when they are called; what is asked for is kept and shown.
type provisioned struct {
	Requested    int64
	LastModified string
}

// provisionedAnswer is what Get and Put show. As soon as it was asked for, it is there.
type provisionedAnswer struct {
	FunctionArn  string `json:",omitempty"`
	Requested    int64  `json:"RequestedProvisionedConcurrentExecutions"`
	Available    int64  `json:"AvailableProvisionedConcurrentExecutions"`
	Allocated    int64  `json:"AllocatedProvisionedConcurrentExecutions"`
	Status       string
	LastModified string
}

func (p *provisioned) ready() provisionedAnswer {
	return provisionedAnswer{Requested: p.Requested, Available: p.Requested, Allocated: p.Requested, Status: "READY", LastModified: p.LastModified}
}

func (h *Handler) putProvisioned(_ context.Context, c *awswire.Call) error {
	ref, err := h.provisionable(c)
	if err != nil {
		return err
	}
	n := c.Int("ProvisionedConcurrentExecutions")
	if n < 1 {
		return function.Errorf("ValidationException", http.StatusBadRequest, "1 validation error detected: Value '%d' at 'provisionedConcurrentExecutions' "+
			"failed to satisfy constraint: Member must have value greater than or equal to 1", n)
	}
	if err := h.provisionedTwice(ref); err != nil {
		return err
	}
	p := &provisioned{n, time.Now().UTC().Format(timeLayout)}
	if err := h.setNote(ref, provisionedNote, p); err != nil {
		return err
	}
	return answer(c, provisionedAnswer{Requested: n, Status: "IN_PROGRESS", LastModified: p.LastModified})
}

// provisionable returns the version or alias that a request about provisioned concurrency names.
func (h *Handler) provisionable(c *awswire.Call) (function.Ref, error) {
	ref, err := h.ref(c)
	switch {
	case err != nil:
		return ref, err
	case ref.Qualifier == function.Latest || ref.Qualifier == "":
		return ref, invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
	}
	if _, err := h.catalog.Get(ref); err != nil {
		if _, number := strconv.Atoi(ref.Qualifier); number != nil {
			if _, err := h.catalog.Get(function.Ref{Place: ref.Place, Name: ref.Name}); err != nil {
				return ref, err
			}
			return ref, function.Errorf("ResourceNotFoundException", http.StatusNotFound, "Cannot find alias arn: %s", c.Place.FunctionARN(ref.Name, ref.Qualifier))
		}
		return ref, err
	}
	return ref, nil
}

// provisionedTwice refuses a version whose alias has provisioned concurrency, and an alias whose version has.
func (h *Handler) provisionedTwice(ref function.Ref) error {
	notes, err := h.catalog.Notes(ref, provisionedNote)
	if err != nil {
		return err
	}
	aliases, err := h.catalog.Aliases(ref)
	if err != nil {
		return err
	}
	for _, a := range aliases {
		switch {
		case a.Name == ref.Qualifier && notes[a.Version] != "":
			return function.Errorf("ResourceConflictException", http.StatusConflict, "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version")
		case a.Version == ref.Qualifier && notes[a.Name] != "":
			return function.Errorf("ResourceConflictException", http.StatusConflict, "Version is pointed by a Provisioned Concurrency alias")
		}
	}
	return nil
}

func noProvisioned() error {
	return function.Errorf("ProvisionedConcurrencyConfigNotFoundException", http.StatusNotFound, "No Provisioned Concurrency Config found for this function")
}

func (h *Handler) getProvisioned(_ context.Context, c *awswire.Call) error {
	ref, err := h.provisionable(c)
	if err != nil {
		return err
	}
	var p provisioned
	found, err := h.note(ref, provisionedNote, &p)
	if err == nil && !found {
		err = noProvisioned()
	}
	if err != nil {
		return err
	}
	return answer(c, p.ready())
}

func (h *Handler) deleteProvisioned(_ context.Context, c *awswire.Call) error {
	ref, err := h.provisionable(c)
	if err != nil {
		return err
	}
	return h.dropNote(ref, provisionedNote, nil)
}

func (h *Handler) listProvisioned(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	notes, err := h.catalog.Notes(ref, provisionedNote)
	if err != nil {
		return err
	}
	found := make([]provisionedAnswer, 0, len(notes))
	for _, qualifier := range slices.Sorted(maps.Keys(notes)) {
		var p provisioned
		if err := json.Unmarshal([]byte(notes[qualifier]), &p); err != nil {
			return err
		}
		a := p.ready()
		a.FunctionArn = c.Place.FunctionARN(ref.Name, qualifier)
		found = append(found, a)
	}
	return answer(c, map[string]any{"ProvisionedConcurrencyConfigs": found})
}

// getOrListProvisioned is Get or, with the parameter List, List: both have one path.
func (h *Handler) getOrListProvisioned(ctx context.Context, c *awswire.Call) error {
	if c.Has("List") {
		return h.listProvisioned(ctx, c)
	}
	return h.getProvisioned(ctx, c)
}

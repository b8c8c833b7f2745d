package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/kv"
)

// What is no part of a function is a record in the store: under KIND/REGION/ACCOUNT/ID a version byte and JSON.
const recordVersion = 1

var errNoStore = errors.New("there is no store for what is no part of a function")

func recordKey(kind string, at arn.Place, id string) []byte {
	return []byte(strings.Join([]string{kind, at.Region, at.Account, id}, "/"))
}

// fetch reads a record into v, and reports whether there is one.
func (h *Handler) fetch(kind string, at arn.Place, id string, v any) (bool, error) {
	if h.opts.Store == nil {
		return false, errNoStore
	}
	text, err := h.opts.Store.Get(recordKey(kind, at, id))
	if err != nil || text == nil {
		return false, err
	}
	return true, readRecord(text, v)
}

func readRecord(text []byte, v any) error {
	if len(text) == 0 || text[0] != recordVersion {
		return errors.New("a record of Lambda is of a later version")
	}
	if err := json.Unmarshal(text[1:], v); err != nil {
		return fmt.Errorf("reading a record of Lambda: %w", err)
	}
	return nil
}

// keep writes a record, durably.
func (h *Handler) keep(ctx context.Context, kind string, at arn.Place, id string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var b kv.Batch
	b.Set(recordKey(kind, at, id), append([]byte{recordVersion}, text...))
	return h.apply(ctx, &b)
}

// forget removes a record, durably.
func (h *Handler) forget(ctx context.Context, kind string, at arn.Place, id string) error {
	var b kv.Batch
	b.Delete(recordKey(kind, at, id))
	return h.apply(ctx, &b)
}

func (h *Handler) apply(ctx context.Context, b *kv.Batch) error {
	if h.opts.Store == nil {
		return errNoStore
	}
	if err := h.opts.Store.Apply(b); err != nil {
		return err
	}
	return h.opts.Store.Durable(ctx)
}

// records reads all records of a kind whose id begins with prefix.
func records[T any](h *Handler, kind string, at arn.Place, prefix string) ([]T, error) {
	if h.opts.Store == nil {
		return nil, nil
	}
	found := []T{}
	from := recordKey(kind, at, prefix)
	for pair, err := range h.opts.Store.Scan(from, kv.After(from), false) {
		if err != nil {
			return nil, err
		}
		var v T
		if err := readRecord(pair.Value, &v); err != nil {
			return nil, err
		}
		found = append(found, v)
	}
	return found, nil
}

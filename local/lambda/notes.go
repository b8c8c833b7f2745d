package lambda

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
)

// Kinds of notes beside policies.
const (
	urlNote         = "url"
	provisionedNote = "provisioned-concurrency"
	eventNote       = "event-invoke"
	recursionNote   = "recursion"
	runtimeNote     = "runtime-management"
	signingNote     = "code-signing"
)

// setNote makes v the note of what ref names.
func (h *Handler) setNote(ref function.Ref, kind string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return h.catalog.SetNote(ref, kind, func(string) (string, error) { return string(text), nil })
}

// dropNote removes a note, and fails with missing when there is none.
func (h *Handler) dropNote(ref function.Ref, kind string, missing error) error {
	return h.catalog.SetNote(ref, kind, func(old string) (string, error) {
		if old == "" {
			return "", missing
		}
		return "", nil
	})
}

// note reads a note into v, and reports whether there is one.
func (h *Handler) note(ref function.Ref, kind string, v any) (bool, error) {
	text, err := h.catalog.Note(ref, kind)
	if err != nil || text == "" {
		return false, err
	}
	return true, json.Unmarshal([]byte(text), v)
}

// unqualified refuses what names a version or an alias.
func (h *Handler) unqualified(c *awswire.Call) (function.Ref, error) {
	ref, err := h.ref(c)
	if err == nil && ref.Qualifier != "" {
		err = invalid("This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. " +
			"Please specify either a function name or an unqualified function ARN.")
	}
	return ref, err
}

// functionURL is FunctionUrlConfig.
type functionURL struct {
	FunctionURL      string `json:"FunctionUrl"`
	FunctionArn      string
	AuthType         string
	Cors             json.RawMessage `json:",omitempty"`
	CreationTime     string
	LastModifiedTime string `json:",omitempty"`
	InvokeMode       string `json:",omitempty"`
}

// urlTime is how times of URLs are written.
const urlTime = "2006-01-02T15:04:05.000000000Z"

func (h *Handler) createURL(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	if ref.Qualifier != "" && strings.Trim(ref.Qualifier, "0123456789") == "" {
		return function.Errorf("ValidationException", http.StatusBadRequest, "1 validation error detected: Value '%s' at 'qualifier' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)", ref.Qualifier)
	}
	if _, err := h.catalog.Get(ref); err != nil {
		return function.Errorf("ResourceNotFoundException", http.StatusNotFound, "Function does not exist")
	}
	arn := c.Place.FunctionARN(ref.Name, ref.Qualifier)
	now := time.Now().UTC().Format(urlTime)
	u := &functionURL{FunctionURL: h.urlOf(c.Place, arn), FunctionArn: arn, AuthType: strings.Clone(c.Str("AuthType")), CreationTime: now, LastModifiedTime: now,
		InvokeMode: strings.Clone(c.Str("InvokeMode"))}
	u.Cors = cors(c)
	if u.InvokeMode == "" {
		u.InvokeMode = "BUFFERED"
	}
	text, err := json.Marshal(u)
	if err != nil {
		return err
	}
	err = h.catalog.SetNote(ref, urlNote, func(old string) (string, error) {
		if old != "" {
			return "", function.Errorf("ResourceConflictException", http.StatusConflict, "Failed to create function url config for [functionArn = %s]. "+
				"Error message:  FunctionUrlConfig exists for this Lambda function", arn)
		}
		return string(text), nil
	})
	if err != nil {
		return err
	}
	u.LastModifiedTime = ""
	if !c.Has("InvokeMode") {
		u.InvokeMode = ""
	}
	return answer(c, u)
}

// urlOf is the URL of a function, by its ARN: the same one however often it is made.
func (h *Handler) urlOf(at arn.Place, arn string) string {
	return h.opts.URL + URLPrefix + at.Region + "/" + at.Account + "/" + urlID(arn) + "/"
}

func urlID(arn string) string {
	digest := sha256.Sum256([]byte(arn))
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(digest[:20]))
}

// URLPrefix is the path below which the URLs of functions lie.
const URLPrefix = "/_function/"

func cors(c *awswire.Call) json.RawMessage {
	if !c.Has("Cors") {
		return nil
	}
	return json.RawMessage(c.Text("Cors"))
}

func (h *Handler) getURL(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	u := &functionURL{}
	found, err := h.note(ref, urlNote, u)
	if err == nil && !found {
		err = noPolicy()
	}
	if err != nil {
		return err
	}
	return answer(c, u)
}

func (h *Handler) updateURL(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	u := &functionURL{}
	found, err := h.note(ref, urlNote, u)
	if err == nil && !found {
		err = noPolicy()
	}
	if err != nil {
		return err
	}
	if c.Has("AuthType") {
		u.AuthType = strings.Clone(c.Str("AuthType"))
	}
	if c.Has("InvokeMode") {
		u.InvokeMode = strings.Clone(c.Str("InvokeMode"))
	}
	if c.Has("Cors") {
		u.Cors = cors(c)
	}
	u.LastModifiedTime = time.Now().UTC().Format(urlTime)
	if err := h.setNote(ref, urlNote, u); err != nil {
		return err
	}
	if !c.Has("InvokeMode") {
		u.InvokeMode = ""
	}
	return answer(c, u)
}

func (h *Handler) deleteURL(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	return h.dropNote(ref, urlNote, noPolicy())
}

func (h *Handler) listURLs(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	notes, err := h.catalog.Notes(ref, urlNote)
	if err != nil {
		return err
	}
	urls := make([]json.RawMessage, 0, len(notes))
	for _, qualifier := range slices.Sorted(maps.Keys(notes)) {
		urls = append(urls, json.RawMessage(notes[qualifier]))
	}
	return answer(c, map[string]any{"FunctionUrlConfigs": urls})
}

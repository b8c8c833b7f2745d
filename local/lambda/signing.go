package lambda

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/lambda/function"
)

// signingConfig is CodeSigningConfig. It is kept and shown; no signature is looked at.
type signingConfig struct {
	ID                  string          `json:"CodeSigningConfigId"`
	ARN                 string          `json:"CodeSigningConfigArn"`
	Description         string          `json:"Description,omitempty"`
	AllowedPublishers   json.RawMessage `json:"AllowedPublishers"`
	CodeSigningPolicies json.RawMessage `json:"CodeSigningPolicies"`
	LastModified        string          `json:"LastModified"`
}

func signingID(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// signing returns the configuration that an ARN names.
func (h *Handler) signing(at arn.Place, text string) (*signingConfig, error) {
	s, err := h.shelf.signing.Get(at, signingID(text))
	if err == nil && (s == nil || s.ARN != text) {
		err = function.Errorf("ResourceNotFoundException", http.StatusNotFound, "The Lambda code signing configuration %s can not be found.", text)
	}
	return s, err
}

func (h *Handler) createSigning(ctx context.Context, c *awswire.Call) error {
	id := "csc-" + strings.ReplaceAll(uuid.NewString(), "-", "")[:17]
	s := &signingConfig{ID: id, ARN: c.Place.ARN("lambda", "code-signing-config:"+id), CodeSigningPolicies: json.RawMessage(`{"UntrustedArtifactOnDeployment":"Warn"}`)}
	return h.keepSigning(ctx, c, s)
}

// keepSigning changes what the request says, and answers.
func (h *Handler) keepSigning(ctx context.Context, c *awswire.Call, s *signingConfig) error {
	if c.Has("Description") {
		s.Description = strings.Clone(c.Str("Description"))
	}
	if c.Has("AllowedPublishers") {
		s.AllowedPublishers = json.RawMessage(c.Text("AllowedPublishers"))
	}
	if c.Has("CodeSigningPolicies") {
		s.CodeSigningPolicies = json.RawMessage(c.Text("CodeSigningPolicies"))
	}
	s.LastModified = time.Now().UTC().Format(timeLayout)
	var b kv.Batch
	if err := h.shelf.signing.Set(&b, s, c.Place, s.ID); err != nil {
		return err
	}
	if err := h.shelf.apply(ctx, &b); err != nil {
		return err
	}
	return answer(c, map[string]any{"CodeSigningConfig": s})
}

func (h *Handler) getSigning(_ context.Context, c *awswire.Call) error {
	s, err := h.signing(c.Place, c.Str("CodeSigningConfigArn"))
	if err != nil {
		return err
	}
	return answer(c, map[string]any{"CodeSigningConfig": s})
}

func (h *Handler) updateSigning(ctx context.Context, c *awswire.Call) error {
	s, err := h.signing(c.Place, c.Str("CodeSigningConfigArn"))
	if err != nil {
		return err
	}
	return h.keepSigning(ctx, c, s)
}

func (h *Handler) deleteSigning(ctx context.Context, c *awswire.Call) error {
	s, err := h.signing(c.Place, c.Str("CodeSigningConfigArn"))
	if err != nil {
		return err
	}
	users, err := h.signedFunctions(c.Place, s.ARN)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return function.Errorf("ResourceConflictException", http.StatusConflict, "The code signing configuration %s is used by functions and cannot be deleted.", s.ARN)
	}
	var b kv.Batch
	h.shelf.signing.Delete(&b, c.Place, s.ID)
	return h.shelf.apply(ctx, &b)
}

func (h *Handler) listSigning(_ context.Context, c *awswire.Call) error {
	all, err := h.shelf.signing.List(c.Place)
	if err != nil {
		return err
	}
	from, to, next, err := page(c, len(all))
	if err != nil {
		return err
	}
	return answer(c, struct {
		NextMarker         string `json:",omitempty"`
		CodeSigningConfigs []*signingConfig
	}{next, append([]*signingConfig{}, all[from:to]...)})
}

// signedFunctions are the ARNs of the functions that have a configuration.
func (h *Handler) signedFunctions(at arn.Place, config string) ([]string, error) {
	arns := []string{}
	for _, f := range h.catalog.List(at) {
		var of string
		if _, err := h.note(function.Ref{Place: at, Name: f.Name}, signingNote, &of); err != nil {
			return nil, err
		}
		if of == config {
			arns = append(arns, at.FunctionARN(f.Name, ""))
		}
	}
	return arns, nil
}

func (h *Handler) listSigned(_ context.Context, c *awswire.Call) error {
	s, err := h.signing(c.Place, c.Str("CodeSigningConfigArn"))
	if err != nil {
		return err
	}
	arns, err := h.signedFunctions(c.Place, s.ARN)
	if err != nil {
		return err
	}
	return answer(c, map[string]any{"FunctionArns": arns})
}

func (h *Handler) putFunctionSigning(_ context.Context, c *awswire.Call) error {
	config := strings.Clone(c.Str("CodeSigningConfigArn"))
	if _, err := h.signing(c.Place, config); err != nil {
		return function.Errorf("CodeSigningConfigNotFoundException", http.StatusNotFound,
			"The code signing configuration cannot be found. Check that the provided configuration is not deleted: %s.", config)
	}
	ref, err := h.unqualified(c)
	if err != nil {
		return err
	}
	if err := h.setNote(ref, signingNote, config); err != nil {
		return err
	}
	return answer(c, map[string]string{"CodeSigningConfigArn": config, "FunctionName": ref.Name})
}

func (h *Handler) getCodeSigning(_ context.Context, c *awswire.Call) error {
	ref, err := h.unqualified(c)
	if err != nil {
		return err
	}
	var config string
	found, err := h.note(ref, signingNote, &config)
	switch {
	case err != nil:
		return err
	case !found:
		return answer(c, map[string]string{})
	}
	return answer(c, map[string]string{"CodeSigningConfigArn": config, "FunctionName": ref.Name})
}

func (h *Handler) deleteFunctionSigning(_ context.Context, c *awswire.Call) error {
	ref, err := h.unqualified(c)
	if err != nil {
		return err
	}
	return h.dropNote(ref, signingNote, nil)
}

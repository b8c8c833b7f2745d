package lambda

import (
	"context"
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
)

func (h *Handler) publishVersion(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	f, err := h.catalog.Publish(ref, strings.Clone(c.Str("Description")), c.Str("CodeSha256"), c.Str("RevisionId"))
	if err != nil {
		return err
	}
	return answer(c, published(c.Place, f))
}

func (h *Handler) listVersions(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	fs, err := h.catalog.Versions(ref)
	if err != nil {
		return err
	}
	from, to, next, err := page(c, len(fs))
	if err != nil {
		return err
	}
	versions := make([]*configuration, 0, to-from)
	for _, f := range fs[from:to] {
		versions = append(versions, configurationOf(c.Place, f, f.Version))
	}
	return answer(c, struct {
		NextMarker string `json:",omitempty"`
		Versions   []*configuration
	}{next, versions})
}

// alias is AliasConfiguration.
type alias struct {
	AliasArn        string
	Name            string
	FunctionVersion string
	Description     string
	RoutingConfig   *routing `json:",omitempty"`
	RevisionID      string   `json:"RevisionId"`
}

type routing struct {
	AdditionalVersionWeights map[string]float64
}

func aliasOf(ref function.Ref, a *function.Alias) *alias {
	shown := &alias{
		AliasArn:        ref.Place.FunctionARN(ref.Name, a.Name),
		Name:            a.Name,
		FunctionVersion: a.Version,
		Description:     a.Description,
		RevisionID:      a.RevisionID,
	}
	if len(a.Weights) > 0 {
		shown.RoutingConfig = &routing{a.Weights}
	}
	return shown
}

func (h *Handler) createAlias(_ context.Context, c *awswire.Call) error { return h.setAlias(c, true) }

func (h *Handler) updateAlias(_ context.Context, c *awswire.Call) error { return h.setAlias(c, false) }

func (h *Handler) setAlias(c *awswire.Call, create bool) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	a, err := h.catalog.SetAlias(ref, function.AliasChange{
		Name: strings.Clone(c.Str("Name")), Version: strings.Clone(c.Str("FunctionVersion")), Description: c.StrPtr("Description"),
		Weights: weights(c), RevisionID: c.Str("RevisionId"), Create: create,
	})
	if err != nil {
		return err
	}
	return answer(c, aliasOf(ref, a))
}

// weights are those that a request gives other versions of an alias, nil when it says nothing of them.
func weights(c *awswire.Call) map[string]float64 {
	if !c.Has("RoutingConfig") {
		return nil
	}
	found := map[string]float64{}
	w := c.Struct("RoutingConfig").Struct("AdditionalVersionWeights")
	for _, version := range w.Names() {
		found[strings.Clone(version)] = *w.FloatPtr(version)
	}
	return found
}

func (h *Handler) getAlias(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	a, err := h.catalog.Alias(ref, c.Str("Name"))
	if err != nil {
		return err
	}
	return answer(c, aliasOf(ref, a))
}

func (h *Handler) listAliases(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	as, err := h.catalog.Aliases(ref)
	if err != nil {
		return err
	}
	if version := c.Str("FunctionVersion"); version != "" {
		as = slices.DeleteFunc(as, func(a *function.Alias) bool { return a.Version != version && a.Weights[version] == 0 })
	}
	from, to, next, err := page(c, len(as))
	if err != nil {
		return err
	}
	aliases := make([]*alias, 0, to-from)
	for _, a := range as[from:to] {
		aliases = append(aliases, aliasOf(ref, a))
	}
	return answer(c, struct {
		NextMarker string `json:",omitempty"`
		Aliases    []*alias
	}{next, aliases})
}

func (h *Handler) deleteAlias(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	return h.catalog.DeleteAlias(ref, c.Str("Name"))
}

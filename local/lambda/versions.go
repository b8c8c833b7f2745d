package lambda

import (
	"net/http"

	"github.com/statelark/statelark/task/function"
)

func (h *Handler) publishVersion(r *http.Request) (int, any, error) {
	var in struct {
		CodeSHA256  string `json:"CodeSha256"`
		Description string
		RevisionID  string `json:"RevisionId"`
	}
	ref, err := named(r)
	if err != nil {
		return 0, nil, err
	}
	if err := read(r, &in); err != nil {
		return 0, nil, err
	}
	f, err := h.catalog.Publish(ref, in.Description, in.CodeSHA256, in.RevisionID)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, h.published(f), nil
}

func (h *Handler) listVersions(r *http.Request) (int, any, error) {
	ref, err := named(r)
	if err != nil {
		return 0, nil, err
	}
	fs, err := h.catalog.Versions(ref)
	if err != nil {
		return 0, nil, err
	}
	from, to, next, err := page(r, len(fs))
	if err != nil {
		return 0, nil, err
	}
	answer := struct {
		NextMarker string `json:",omitempty"`
		Versions   []*configuration
	}{next, make([]*configuration, 0, to-from)}
	for _, f := range fs[from:to] {
		answer.Versions = append(answer.Versions, h.configurationOf(f, f.Version))
	}
	return http.StatusOK, answer, nil
}

// alias is AliasConfiguration.
type alias struct {
	AliasArn        string
	Name            string
	FunctionVersion string
	Description     string
	RevisionID      string `json:"RevisionId"`
}

func (h *Handler) aliasOf(ref function.Ref, a *function.Alias) *alias {
	return &alias{
		AliasArn:        h.catalog.ARN(ref.Name, a.Name),
		Name:            a.Name,
		FunctionVersion: a.Version,
		Description:     a.Description,
		RevisionID:      a.RevisionID,
	}
}

// aliasInput is what CreateAlias and UpdateAlias take.
type aliasInput struct {
	Name            string
	FunctionVersion string
	Description     string
	RoutingConfig   struct {
		AdditionalVersionWeights map[string]float64
	}
}

func (h *Handler) readAlias(r *http.Request) (ref function.Ref, in aliasInput, err error) {
	if ref, err = named(r); err != nil {
		return ref, in, err
	}
	if err = read(r, &in); err != nil {
		return ref, in, err
	}
	if len(in.RoutingConfig.AdditionalVersionWeights) > 0 {
		return ref, in, invalid("An alias of two versions is not supported here.")
	}
	return ref, in, nil
}

func (h *Handler) createAlias(r *http.Request) (int, any, error) {
	ref, in, err := h.readAlias(r)
	if err != nil {
		return 0, nil, err
	}
	var v violations
	v.required("name", in.Name != "")
	v.required("functionVersion", in.FunctionVersion != "")
	if err := v.err(); err != nil {
		return 0, nil, err
	}
	a, err := h.catalog.SetAlias(ref, function.Alias{Name: in.Name, Version: in.FunctionVersion, Description: in.Description}, true)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, h.aliasOf(ref, a), nil
}

func (h *Handler) updateAlias(r *http.Request) (int, any, error) {
	ref, in, err := h.readAlias(r)
	if err != nil {
		return 0, nil, err
	}
	a, err := h.catalog.SetAlias(ref, function.Alias{Name: r.PathValue("alias"), Version: in.FunctionVersion, Description: in.Description}, false)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, h.aliasOf(ref, a), nil
}

func (h *Handler) getAlias(r *http.Request) (int, any, error) {
	ref, err := named(r)
	if err != nil {
		return 0, nil, err
	}
	a, err := h.catalog.Alias(ref, r.PathValue("alias"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, h.aliasOf(ref, a), nil
}

func (h *Handler) listAliases(r *http.Request) (int, any, error) {
	ref, err := named(r)
	if err != nil {
		return 0, nil, err
	}
	as, err := h.catalog.Aliases(ref)
	if err != nil {
		return 0, nil, err
	}
	from, to, next, err := page(r, len(as))
	if err != nil {
		return 0, nil, err
	}
	answer := struct {
		NextMarker string `json:",omitempty"`
		Aliases    []*alias
	}{next, make([]*alias, 0, to-from)}
	for _, a := range as[from:to] {
		answer.Aliases = append(answer.Aliases, h.aliasOf(ref, a))
	}
	return http.StatusOK, answer, nil
}

func (h *Handler) deleteAlias(r *http.Request) (int, any, error) {
	ref, err := named(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, h.catalog.DeleteAlias(ref, r.PathValue("alias"))
}

package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/statelark/statelark"
)

// findAlias returns where an alias is among those of a state machine, or would be.
func (p *published) findAlias(name string) (i int, found bool) {
	if p == nil {
		return 0, false
	}
	return slices.BinarySearchFunc(p.Aliases, name, func(a *statelark.Alias, n string) int { return strings.Compare(a.Name, n) })
}

// alias returns an alias by its name, nil when there is none.
func (p *published) alias(name string) *statelark.Alias {
	i, found := p.findAlias(name)
	if !found {
		return nil
	}
	return p.Aliases[i]
}

// leads tells of routes whether there are the versions, which an alias needs.
func (p *published) leads(machine string, routes []statelark.Route) error {
	for _, r := range routes {
		if p.version(r.Version) == nil {
			return statelark.NoSuchResource(statelark.VersionARN(machine, r.Version))
		}
	}
	return nil
}

// CreateAlias stores a; see api.Engine.
func (e *Engine) CreateAlias(ctx context.Context, a *statelark.Alias) (made *statelark.Alias, err error) {
	err = retried(func(int) error {
		made, err = e.createAliasOnce(ctx, a)
		return err
	})
	return made, err
}

func (e *Engine) createAliasOnce(ctx context.Context, a *statelark.Alias) (*statelark.Alias, error) {
	p, err := e.aliasesToChange(ctx, a.Machine)
	if err != nil {
		return nil, err
	}
	i, found := p.value.findAlias(a.Name)
	if found {
		if there := p.value.Aliases[i]; there.SameRequest(a) {
			return there, nil
		}
		return nil, statelark.Errorf(statelark.CodeConflict,
			"Failed to create alias because an alias with the same name and a different routing configuration already exists.")
	}
	if err := p.value.leads(a.Machine, a.Routes); err != nil {
		return nil, err
	}
	next := *p.value
	if most := e.opts.Limits.Aliases; most.Reached(int64(len(next.Aliases))) {
		return nil, statelark.Errorf(statelark.CodeServiceQuotaExceeded,
			"The maximum number of aliases (%d) has been reached for the state machine: '%s'", most, a.Machine).Over("aliases")
	}
	made := *a
	made.Created = e.now()
	made.Updated = made.Created
	next.Aliases = slices.Insert(slices.Clone(next.Aliases), i, &made)
	return &made, e.machines.published.put(ctx, a.Machine, p, &next)
}

// aliasesToChange returns what is published of a state machine that is not being deleted. Where nothing is, there are
// no versions that an alias could lead to.
func (e *Engine) aliasesToChange(ctx context.Context, machine string) (p kept[published], err error) {
	h, err := e.machines.heads.get(ctx, machine)
	if err != nil {
		return p, err
	}
	if h.value != nil && h.value.Deleting {
		return p, errDeleting(machine)
	}
	p, err = e.machines.published.fresh(ctx, machine)
	if err == nil && (h.value == nil || p.value == nil) {
		err = statelark.NoSuchResource(machine)
	}
	return p, err
}

// UpdateAlias applies u; see api.Engine.
func (e *Engine) UpdateAlias(ctx context.Context, machine, name string, u statelark.AliasUpdate) (updated *statelark.Alias, err error) {
	err = retried(func(int) error {
		updated, err = e.updateAliasOnce(ctx, machine, name, u)
		return err
	})
	return updated, err
}

func (e *Engine) updateAliasOnce(ctx context.Context, machine, name string, u statelark.AliasUpdate) (*statelark.Alias, error) {
	p, err := e.aliasesToChange(ctx, machine)
	if err != nil {
		return nil, err
	}
	i, found := p.value.findAlias(name)
	if !found {
		return nil, noAlias(machine, name)
	}
	if err := p.value.leads(machine, u.Routes); err != nil {
		return nil, err
	}
	alias, changed := u.Apply(p.value.Aliases[i])
	if !changed {
		return alias, nil
	}
	alias.Updated = e.now()
	next := *p.value
	next.Aliases = slices.Clone(next.Aliases)
	next.Aliases[i] = alias
	return alias, e.machines.published.put(ctx, machine, p, &next)
}

func noAlias(machine, name string) error {
	return statelark.NoSuchResource((&statelark.Alias{Machine: machine, Name: name}).ARN())
}

// Alias returns an alias by its name.
func (e *Engine) Alias(ctx context.Context, machine, name string) (*statelark.Alias, error) {
	p, err := e.machines.published.get(ctx, machine)
	if err != nil {
		return nil, err
	}
	a := p.value.alias(name)
	if a == nil {
		return nil, noAlias(machine, name)
	}
	return a, nil
}

// Aliases lists the aliases of a state machine, or those that lead to a version, by name; see api.Engine.
func (e *Engine) Aliases(ctx context.Context, machine string, version int64, after string, n int) ([]*statelark.Alias, error) {
	h, err := e.machines.head(ctx, machine)
	switch {
	case err != nil:
		return nil, err
	case h.value.Deleting:
		return nil, errDeleting(machine)
	}
	p, err := e.machines.published.get(ctx, machine)
	switch {
	case err != nil:
		return nil, err
	case version != 0 && p.value.version(version) == nil:
		return nil, statelark.NoSuchResource(statelark.VersionARN(machine, version))
	case p.value == nil:
		return nil, nil
	}
	var list []*statelark.Alias
	for _, a := range p.value.Aliases {
		if len(list) < n && a.Name > after && (version == 0 || a.Leads(version)) {
			list = append(list, a)
		}
	}
	return list, nil
}

// DeleteAlias removes an alias, if it is there. Versions stay.
func (e *Engine) DeleteAlias(ctx context.Context, machine, name string) error {
	return retried(func(int) error {
		p, err := e.machines.published.fresh(ctx, machine)
		if err != nil {
			return err
		}
		i, found := p.value.findAlias(name)
		if !found {
			return nil
		}
		next := *p.value
		next.Aliases = slices.Delete(slices.Clone(next.Aliases), i, i+1)
		return e.machines.published.put(ctx, machine, p, &next)
	})
}

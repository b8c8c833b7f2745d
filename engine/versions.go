package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/limits"
)

// published is what there is of a state machine beside its head and its revisions: its versions and its aliases. They
// stand in one record, so that a write of it sees all others: no alias comes to lead to a version that goes.
//
// A version is written together with the head, which then still has its revision as the present one. So a revision
// that was superseded without a version never gets one.
type published struct {
	ARN      string             // of the state machine
	Last     int64              // the highest number that a version ever had
	Versions []version          // by number
	Aliases  []*statelark.Alias // by name
}

// version is a version with what it is a version of.
type version struct {
	statelark.Version

	Revision string // see revisionOf
}

// version returns a version by its number, nil when there is none.
func (p *published) version(number int64) *version {
	if p == nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(p.Versions, number, func(v version, n int64) int { return cmp.Compare(v.Number, n) })
	if !found {
		return nil
	}
	return &p.Versions[i]
}

// of returns the version that there is of a revision, nil when there is none.
func (p *published) of(revision string) *version {
	if p == nil {
		return nil
	}
	for i := len(p.Versions) - 1; i >= 0; i-- {
		if v := &p.Versions[i]; v.Revision == revision {
			return v
		}
	}
	return nil
}

// with returns p with another version, which is wanted of the revision, and that version, unless there are as many as may
// be. p may be nil and is left as it is.
func (p *published) with(wanted statelark.Version, revision string, most limits.Bound) (*published, *version, error) {
	next := &published{ARN: wanted.Machine}
	if p != nil {
		*next = *p
	}
	if most.Reached(int64(len(next.Versions))) {
		return nil, nil, statelark.Errorf(statelark.CodeServiceQuotaExceeded,
			"The maximum number of versions (%d) has been reached for the state machine: '%s'", most, wanted.Machine).Over("versions")
	}
	next.Last++
	wanted.Number = next.Last
	next.Versions = append(slices.Clip(next.Versions), version{wanted, revision})
	return next, &next.Versions[len(next.Versions)-1], nil
}

// putBoth writes the head of a state machine and what is published of it, each in place of what was there.
func (m *machines) putBoth(ctx context.Context, arn string, h kept[head], next *head, p kept[published], nextPublished *published, with ...statelark.MetaOp) error {
	return m.published.write(arn, p, nextPublished, func(op statelark.MetaOp) error {
		return m.heads.put(ctx, arn, h, next, append(with, op)...)
	})
}

// publishes writes next and, when a version of it is wanted, what is published then. It returns the version.
func (m *machines) publishes(ctx context.Context, old kept[head], next *head, wanted *statelark.Version, with ...statelark.MetaOp) (*statelark.Version, error) {
	if wanted == nil {
		return nil, m.heads.put(ctx, next.ARN, old, next, with...)
	}
	p, err := m.published.get(ctx, next.ARN)
	if err != nil {
		return nil, err
	}
	v := *wanted
	v.Machine = next.ARN
	more, made, err := p.value.with(v, next.Revision, m.limits.Versions)
	if err != nil {
		return nil, err
	}
	return &made.Version, m.putBoth(ctx, next.ARN, old, next, p, more, with...)
}

// PublishVersion makes a version of the present revision; see api.Engine.
func (e *Engine) PublishVersion(ctx context.Context, arn, revision, description string) (made *statelark.Version, err error) {
	err = retried(func(int) error {
		made, err = e.publishOnce(ctx, arn, revision, description)
		return err
	})
	return made, err
}

// publishOnce asks the store what the present revision is: it may have a version already, and then nothing is written
// by which the change of another node would be noticed.
func (e *Engine) publishOnce(ctx context.Context, arn, revision, description string) (*statelark.Version, error) {
	e.machines.heads.doubt(arn)
	h, r, err := e.machines.present(ctx, arn)
	switch {
	case err != nil:
		return nil, err
	case h.value.Deleting:
		return nil, errDeleting(arn)
	case revision != "" && revision != r.record.Revision:
		return nil, statelark.Errorf(statelark.CodeConflict, "Failed to publish the State Machine version for revision %s. "+
			"The current State Machine revision is %s.", revision, r.record.Revision)
	}
	return e.publishPresent(ctx, h, description)
}

// publishPresent returns the version of the present revision, which it makes if there is none.
func (e *Engine) publishPresent(ctx context.Context, h kept[head], description string) (*statelark.Version, error) {
	p, err := e.machines.published.fresh(ctx, h.value.ARN)
	if err != nil {
		return nil, err
	}
	if there := p.value.of(h.value.Revision); there != nil {
		return &there.Version, nil
	}
	same := *h.value
	return e.machines.publishes(ctx, h, &same, &statelark.Version{Created: e.now(), Description: description})
}

// Versions lists the versions of a state machine, newest first; see api.Engine.
func (e *Engine) Versions(ctx context.Context, arn string, before int64, n int) ([]*statelark.Version, error) {
	if _, err := e.machines.head(ctx, arn); err != nil {
		return nil, err
	}
	p, err := e.machines.published.get(ctx, arn)
	if err != nil || p.value == nil {
		return nil, err
	}
	var list []*statelark.Version
	for _, v := range slices.Backward(p.value.Versions) {
		if len(list) < n && (before == 0 || v.Number < before) {
			list = append(list, &v.Version)
		}
	}
	return list, nil
}

// DeleteVersion removes a version that no alias leads to. Its revision goes when no execution refers to it.
func (e *Engine) DeleteVersion(ctx context.Context, arn string, number int64) error {
	return retried(func(int) error {
		p, err := e.machines.published.fresh(ctx, arn)
		if err != nil || p.value.version(number) == nil {
			return err
		}
		next := *p.value
		var leading []string
		for _, a := range next.Aliases {
			if a.Leads(number) {
				leading = append(leading, a.Name)
			}
		}
		if len(leading) > 0 {
			return statelark.Errorf(statelark.CodeConflict, "Version to be deleted must not be referenced by an alias. "+
				"Current list of aliases referencing this version: [%s]", strings.Join(leading, ", "))
		}
		next.Versions = slices.DeleteFunc(slices.Clone(next.Versions), func(v version) bool { return v.Number == number })
		return e.machines.published.put(ctx, arn, p, &next)
	})
}

// described returns a version as a state machine.
func (e *Engine) described(ctx context.Context, arn string, number int64) (m *statelark.StateMachine, err error) {
	err = retried(func(int) error {
		h, v, err := e.machines.versionOf(ctx, arn, number)
		if err != nil {
			return err
		}
		p, err := e.machines.pinned(ctx, arn, v.Revision)
		if err != nil {
			return err
		}
		m = h.describe(p.record)
		m.Version = &v.Version
		return nil
	})
	return m, err
}

// versionOf returns a version and the head of its state machine.
func (m *machines) versionOf(ctx context.Context, arn string, number int64) (*head, *version, error) {
	h, err := m.heads.get(ctx, arn)
	if err != nil {
		return nil, nil, err
	}
	p, err := m.published.get(ctx, arn)
	if err != nil {
		return nil, nil, err
	}
	v := p.value.version(number)
	if h.value == nil || v == nil {
		return nil, nil, noStateMachine(statelark.VersionARN(arn, number))
	}
	return h.value, v, nil
}

// pinned returns the revision of a version. ErrConflict: the version has gone meanwhile.
func (m *machines) pinned(ctx context.Context, arn, revision string) (*program, error) {
	p, err := m.revision(ctx, arn, revision)
	if errors.Is(err, statelark.ErrNotFound) {
		m.published.doubt(arn)
		m.heads.doubt(arn)
		return nil, fmt.Errorf("%w: %w", statelark.ErrConflict, err)
	}
	return p, err
}

// pins reports whether a version keeps a revision. No start from here goes by a version that it did not see.
func (m *machines) pins(ctx context.Context, arn, revision string) (bool, error) {
	p, err := m.published.fresh(ctx, arn)
	return err == nil && p.value.of(revision) != nil, err
}

// route is where a start leads.
type route struct {
	machine  string // ARN of the state machine, unqualified
	revision string // see revisionOf; "": the present one
	number   int64  // of the version, 0 when none
	alias    string // ARN of the alias, "" when none
}

// version returns the ARN of the version, "" when there is none.
func (r *route) version() string {
	if r.number == 0 {
		return ""
	}
	return statelark.VersionARN(r.machine, r.number)
}

// route tells where a start leads that names a state machine, a version of one or an alias. draw is a number drawn at
// random, which decides between the versions of an alias.
func (m *machines) route(ctx context.Context, text string, draw uint64) (route, error) {
	machine, qualifier := arn.SplitQualified(text)
	if qualifier == "" {
		return route{machine: text}, nil
	}
	r := route{machine: machine}
	p, err := m.published.get(ctx, machine)
	if err != nil {
		return r, err
	}
	number, isNumber := statelark.VersionNumber(qualifier)
	if a := p.value.alias(qualifier); a != nil && !isNumber {
		r.alias, number = a.ARN(), a.Choose(draw)
	}
	v := p.value.version(number)
	if v == nil {
		return r, noStateMachine(text)
	}
	r.number, r.revision = v.Number, v.Revision
	return r, nil
}

// drawOf is what decides which way a start through an alias goes: a number that follows from the seed of the execution
// and that the execution itself never draws.
func drawOf(seed uint64) uint64 {
	x := seed + 0x9e3779b97f4a7c15 // SplitMix64
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

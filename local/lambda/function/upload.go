package function

import (
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
)

// Create adds a function to a place, whose code is an archive, and publishes its first version if asked to.
func (c *Catalog) Create(at arn.Place, f Function, archive []byte, tags map[string]string, publish bool) (*Function, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	if c.existing(at, f.Name) != nil {
		return nil, Errorf("ResourceConflictException", http.StatusConflict, "Function already exist: %s", f.Name)
	}
	code, err := c.store.addCode(archive)
	if err != nil {
		return nil, err
	}
	n := f.clone()
	n.Code = code
	c.revise(n)
	n.New = true
	if err = c.unpackLayers(n); err == nil {
		err = n.prepare()
	}
	if err != nil {
		c.dropUnused(code.SHA256)
		return nil, invalid("%v", err)
	}
	e := &entry{place: at, latest: c.deploy(n), tags: maps.Clone(tags), next: 1, busy: new(atomic.Int64)}
	made := n
	if publish {
		made = c.publish(e, n.Description, true)
	}
	if err := c.replace(e); err != nil {
		c.retire(e.deployments()...)
		return nil, err
	}
	return made, nil
}

// unpackLayers unpacks the layers of f that are new. The caller holds writing. What is not used in the end goes at the next start.
func (c *Catalog) unpackLayers(f *Function) error {
	for i := range f.Layers {
		l := &f.Layers[i]
		if l.Archive == nil {
			continue
		}
		code, err := c.store.addCode(l.Archive)
		if err != nil {
			return err
		}
		l.SHA256, l.Size, l.Dir, l.Archive = code.SHA256, code.Size, code.Dir, nil
	}
	return nil
}

// replace makes e, which must not change any more, the function of its name. The caller holds writing.
func (c *Catalog) replace(e *entry) error {
	if err := c.store.save(e.record()); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.functions[key{e.place, e.latest.Name}] = e
	return nil
}

// revise makes f a new state of the latest version.
func (c *Catalog) revise(f *Function) {
	f.Version, f.RevisionID, f.LastModified = Latest, uuid.NewString(), time.Now().UTC()
	f.Settles, f.Interim, f.New = time.Now().Add(c.opts.Settling), uuid.NewString(), false
}

// Change is what an update does to the latest version of a function.
type Change struct {
	RevisionID string          // that the function must have; "": any
	Archive    []byte          // the new code; nil: as it is
	Apply      func(*Function) // changes the configuration; nil: as it is
	Publish    bool
	DryRun     bool // check, and change nothing
}

// Update changes the latest version of an uploaded function.
func (c *Catalog) Update(r Ref, ch Change) (*Function, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	old, err := c.uploaded(r, ch.RevisionID)
	if err != nil {
		return nil, err
	}
	if !old.latest.Settled() && !ch.DryRun {
		return nil, Errorf("ResourceConflictException", http.StatusConflict,
			"The operation cannot be performed at this time. An update is in progress for resource: %s", c.ARN(Ref{Place: r.Place, Name: r.Name}))
	}
	n := old.latest.clone()
	if ch.Archive != nil {
		if n.Code, err = c.store.addCode(ch.Archive); err != nil {
			return nil, err
		}
	}
	if ch.Apply != nil {
		ch.Apply(n)
	}
	c.revise(n)
	if err = c.unpackLayers(n); err == nil {
		err = n.prepare()
	}
	if err != nil {
		c.dropUnused(n.Code.SHA256)
		return nil, invalid("%v", err)
	}
	if ch.DryRun {
		c.dropUnused(n.Code.SHA256)
		return n, nil
	}
	e := *old
	e.latest, e.revision = c.deploy(n), ""
	made := n
	if ch.Publish {
		made = c.publish(&e, n.Description, true)
	}
	if err := c.replace(&e); err != nil {
		c.retire(slices.DeleteFunc(e.deployments(), old.has)...)
		return nil, err
	}
	c.retire(old.latest)
	return made, nil
}

// has reports whether d is one of e's.
func (e *entry) has(d *deployment) bool { return slices.Contains(e.deployments(), d) }

// uploaded finds a function that may be changed. The caller holds writing.
func (c *Catalog) uploaded(r Ref, revision string) (*entry, error) {
	e, d, err := c.find(r)
	switch {
	case c.closed:
		return nil, ErrClosed
	case err != nil:
		return nil, err
	case e.declared:
		return nil, invalid("The function %s is declared in the configuration of the server and cannot be changed here.", r.Name)
	case revision != "" && revision != e.shown(d).RevisionID:
		return nil, Errorf("PreconditionFailedException", http.StatusPreconditionFailed,
			"The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
	}
	return e, nil
}

// Delete removes an uploaded function, or one published version of it.
func (c *Catalog) Delete(r Ref) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if r.Qualifier == Latest {
		return invalid("$LATEST version cannot be deleted without deleting the function.")
	}
	old, err := c.uploaded(Ref{Place: r.Place, Name: r.Name}, "")
	if err != nil {
		return err
	}
	if r.Qualifier != "" {
		return c.deleteVersion(old, r.Qualifier)
	}
	if err := c.store.remove(old.place, r.Name); err != nil {
		return err
	}
	c.mu.Lock()
	delete(c.functions, key{old.place, r.Name})
	c.mu.Unlock()
	c.retire(old.deployments()...)
	return nil
}

// deleteVersion removes a version. One that does not exist is gone already.
func (c *Catalog) deleteVersion(old *entry, version string) error {
	if old.aliases[version] != nil {
		return invalid("Invalid function version or alias: an alias is not deleted in this way.")
	}
	i := slices.IndexFunc(old.versions, func(d *deployment) bool { return d.Version == version })
	if i < 0 {
		return nil
	}
	for _, a := range old.aliases {
		if a.Version == version {
			return Errorf("ResourceConflictException", http.StatusConflict, "Unable to delete version because the following aliases reference it: [%s]", a.Name)
		}
	}
	e := *old
	e.versions = slices.Delete(slices.Clone(old.versions), i, i+1)
	e.notes = without(old.notes, version)
	if err := c.replace(&e); err != nil {
		return err
	}
	c.retire(old.versions[i])
	return nil
}

// Publish makes a version of the latest state of a function. If that is published already, the version that
// was made of it is returned.
func (c *Catalog) Publish(r Ref, description, codeSHA256, revision string) (*Function, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	old, err := c.uploaded(Ref{Place: r.Place, Name: r.Name}, revision)
	if err != nil {
		return nil, err
	}
	if codeSHA256 != "" && codeSHA256 != old.latest.Code.SHA256 {
		return nil, invalid("CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). Please try again with the CodeSHA256 in $LATEST.",
			codeSHA256, old.latest.Code.SHA256)
	}
	if description == "" {
		description = old.latest.Description
	}
	e := *old
	f := c.publish(&e, description, false)
	e.revision = uuid.NewString()
	if err := c.replace(&e); err != nil {
		c.retire(slices.DeleteFunc(e.deployments(), old.has)...)
		return nil, err
	}
	return f, nil
}

// publish adds a version of the latest state to e, which nobody else has yet, unless its last version is just
// that. changed says that the latest state was made just now.
func (c *Catalog) publish(e *entry, description string, changed bool) *Function {
	f := e.latest.clone()
	f.Description = description
	if n := len(e.versions); n > 0 && sameVersion(e.versions[n-1].Function, f) {
		return e.versions[n-1].Function
	}
	f.Version, f.RevisionID = strconv.Itoa(e.next), uuid.NewString()
	f.Interim, f.New = uuid.NewString(), true
	if !changed {
		f.Settles = time.Time{}
	}
	e.next++
	e.versions = append(slices.Clone(e.versions), c.deploy(f))
	return f
}

func sameVersion(a, b *Function) bool {
	return a.Code.SHA256 == b.Code.SHA256 && a.Description == b.Description && a.Role == b.Role &&
		a.Runtime == b.Runtime && a.Handler == b.Handler && a.Timeout == b.Timeout && a.MemoryMB == b.MemoryMB &&
		maps.Equal(a.Env, b.Env) && slices.EqualFunc(a.Layers, b.Layers, func(x, y Layer) bool { return x.ARN == y.ARN }) && a.EphemeralMB == b.EphemeralMB && a.Tracing == b.Tracing &&
		a.SnapStart == b.SnapStart && a.Logging == b.Logging && a.DeadLetterARN == b.DeadLetterARN && a.KeyARN == b.KeyARN
}

// Archive returns the archive that the code of a function was uploaded as.
func (c *Catalog) Archive(r Ref) ([]byte, error) {
	f, err := c.Get(r)
	if err != nil {
		return nil, err
	}
	if f.Code.SHA256 == "" {
		return nil, errNotFound(c.ARN(Ref{Place: r.Place, Name: r.Name}))
	}
	return os.ReadFile(c.store.archivePath(f.Code.SHA256))
}

// Tags returns the tags of a function.
func (c *Catalog) Tags(r Ref) (map[string]string, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, _, err := c.find(r)
	if err != nil {
		return nil, err
	}
	return maps.Clone(e.tags), nil
}

// Tag sets tags of a function and removes others.
func (c *Catalog) Tag(r Ref, set map[string]string, remove []string) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	old, err := c.uploaded(r, "")
	if err != nil {
		return err
	}
	tags := maps.Clone(old.tags)
	if tags == nil {
		tags = make(map[string]string)
	}
	maps.Copy(tags, set)
	for _, key := range remove {
		delete(tags, key)
	}
	e := *old
	e.tags, e.revision = tags, uuid.NewString()
	return c.replace(&e)
}

var aliasPattern = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,128}$`)

// AliasChange is what is to become of an alias.
type AliasChange struct {
	Name        string
	Version     string // "": as it is
	Description *string
	Weights     map[string]float64 // nil: as they are
	RevisionID  string             // that it must have; "": any
	Create      bool               // else it has to be there
}

// SetAlias makes an alias of a function, or changes one.
func (c *Catalog) SetAlias(r Ref, ch AliasChange) (*Alias, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	before, err := c.uploaded(Ref{Place: r.Place, Name: r.Name}, "")
	if err != nil {
		return nil, err
	}
	a := Alias{Name: ch.Name}
	old := before.aliases[ch.Name]
	switch arn := c.ARN(Ref{r.Place, r.Name, ch.Name}); {
	case ch.Create && (!aliasPattern.MatchString(ch.Name) || strings.Trim(ch.Name, "0123456789") == ""):
		return nil, Errorf("ValidationException", http.StatusBadRequest, "1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)", ch.Name)
	case ch.Create && old != nil:
		return nil, Errorf("ResourceConflictException", http.StatusConflict, "Alias already exists: %s", arn)
	case !ch.Create && old == nil:
		return nil, errNoAlias(arn)
	case !ch.Create && ch.RevisionID != "" && ch.RevisionID != old.RevisionID:
		return nil, Errorf("PreconditionFailedException", http.StatusPreconditionFailed,
			"The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
	case !ch.Create:
		a = *old
	}
	if ch.Version != "" {
		a.Version = ch.Version
	}
	if ch.Description != nil {
		a.Description = strings.Clone(*ch.Description)
	}
	if ch.Weights != nil {
		a.Weights = ch.Weights
	}
	if err := c.checkAlias(r, &a); err != nil {
		return nil, err
	}
	a.RevisionID = uuid.NewString()
	e := *before
	e.aliases = maps.Clone(before.aliases)
	if e.aliases == nil {
		e.aliases = make(map[string]*Alias)
	}
	e.aliases[a.Name] = &a
	return &a, c.replace(&e)
}

// checkAlias refuses versions that do not exist, and weights that do not go together.
func (c *Catalog) checkAlias(r Ref, a *Alias) error {
	if len(a.Weights) > 1 {
		return invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
	}
	for version, weight := range a.Weights {
		switch {
		case strings.Trim(version, "0123456789") != "":
			return Errorf("ValidationException", http.StatusBadRequest, "1 validation error detected: Value '{%s=%v}' at 'routingConfig.additionalVersionWeights' failed to satisfy "+
				"constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, "+
				"Member must satisfy regular expression pattern: [0-9]+]", version, weight)
		case a.Version == Latest:
			return invalid("$LATEST is not supported for an alias pointing to more than 1 version")
		case version == a.Version:
			return invalid("Invalid function version %s. Function version %s is already included in routing configuration.", version, version)
		case !(weight >= 0 && weight <= 1):
			return Errorf("ValidationException", http.StatusBadRequest, "1 validation error detected: Value '{%s=%v}' at 'routingConfig.additionalVersionWeights' failed to satisfy "+
				"constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]", version, weight)
		}
	}
	for _, version := range append(slices.Sorted(maps.Keys(a.Weights)), a.Version) {
		if _, _, err := c.find(Ref{r.Place, r.Name, version}); err != nil {
			return err
		}
	}
	return nil
}

func errNoAlias(arn string) *Error {
	return Errorf("ResourceNotFoundException", http.StatusNotFound, "Cannot find alias arn: %s", arn)
}

// Aliases returns the aliases of a function by name.
func (c *Catalog) Aliases(r Ref) ([]*Alias, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, _, err := c.find(Ref{Place: r.Place, Name: r.Name})
	if err != nil {
		return nil, err
	}
	var as []*Alias
	for _, name := range slices.Sorted(maps.Keys(e.aliases)) {
		as = append(as, e.aliases[name])
	}
	return as, nil
}

// Alias returns one alias of a function.
func (c *Catalog) Alias(r Ref, name string) (*Alias, error) {
	as, err := c.Aliases(r)
	if err != nil {
		return nil, err
	}
	for _, a := range as {
		if a.Name == name {
			return a, nil
		}
	}
	return nil, errNoAlias(c.ARN(Ref{r.Place, r.Name, name}))
}

// DeleteAlias removes an alias. One that does not exist is gone already.
func (c *Catalog) DeleteAlias(r Ref, name string) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	old, err := c.uploaded(Ref{Place: r.Place, Name: r.Name}, "")
	if err != nil {
		return err
	}
	e := *old
	e.aliases = maps.Clone(old.aliases)
	delete(e.aliases, name)
	e.notes = without(old.notes, name)
	return c.replace(&e)
}

package deploy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// Deployment is a template on its way to a server.
type Deployment struct {
	Template   *Template // nil: the stack is deleted
	Stack      string
	Place      arn.Place
	Caller     awswire.Caller
	Parameters map[string]string
	// Skip are resources that are left out: ids, and types.
	Skip []string
	// Replace permits that resources are replaced whose content is lost with them.
	Replace bool
}

// Action is what happens to a resource.
type Action string

// The actions.
const (
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace"
	Delete  Action = "delete"
	Retain  Action = "retain" // it is no longer in the template, and stays
	Keep    Action = "keep"
	Ignore  Action = "ignore"
)

// Change is what happens to one resource.
type Change struct {
	Action     Action
	ID, Type   string
	Name       string
	Properties []Property // that differ, of an update or a replacement
	Note       string
}

// Property is one that differs. Old or New is the zero Value when there was none, or is none.
type Property struct {
	Name     string
	Old, New value.Value
	Later    bool // New is not known yet
}

// Plan is what a deployment will do, in the order in which it does it.
type Plan struct {
	Changes []Change
	Notes   []string

	deployment *Deployment
	record     *record
	order      []*resource
	scope      *scope
}

// Changed counts the changes that do something.
func (p *Plan) Changed() int {
	n := 0
	for _, c := range p.Changes {
		if !slices.Contains([]Action{Keep, Ignore, Retain}, c.Action) {
			n++
		}
	}
	return n
}

// Plan compares the template with what is there. It changes nothing; whatever cannot be deployed is an error here already.
func (d *Deployment) Plan(ctx context.Context) (*Plan, error) {
	rec, err := loadRecord(ctx, d.Caller, d.Place, d.Stack)
	if err != nil {
		return nil, err
	}
	p := &Plan{deployment: d, record: rec}
	if d.Template != nil {
		if err := p.read(ctx); err != nil {
			return nil, err
		}
		p.Notes = append(p.Notes, d.Template.notes...)
	}
	w := p.walk(ctx, true)
	var wrong Problems
	for _, r := range p.order {
		c, err := w.visit(r)
		if err != nil {
			wrong.add("%s (%s): %v", r.id, r.kind, err)
			continue
		}
		p.Changes = append(p.Changes, *c)
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	if d.Template != nil {
		if _, err := w.outputs(); err != nil {
			return nil, err
		}
	}
	for _, x := range slices.Backward(rec.Resources) {
		x.Old = x.Old || w.succeeded[x.ID]
		if c := p.leftover(&x); c != nil {
			p.Changes = append(p.Changes, *c)
		}
	}
	return p, nil
}

// read gives the scope of the template its parameters and puts its resources into order.
func (p *Plan) read(ctx context.Context) error {
	var err error
	if p.scope, err = p.deployment.newScope(ctx); err != nil {
		return err
	}
	p.order, err = p.deployment.Template.order(p.scope)
	return err
}

func (d *Deployment) newScope(ctx context.Context) (*scope, error) {
	s := &scope{
		template: d.Template, stack: d.Stack, place: d.Place, parameters: map[string]value.Value{}, lookups: map[string]bool{},
		decided: map[string]bool{}, deciding: map[string]bool{}, facts: map[string]*fact{}, left: map[string]bool{},
	}
	s.lookup = func(name string) (value.Value, error) {
		in := value.NewObject([]value.Member{member("Name", name), {Key: "WithDecryption", Value: value.FromBool(true)}})
		out, err := call(ctx, d.Caller, d.Place, "ssm:GetParameter", in)
		if err != nil {
			return out, err
		}
		found, _ := out.Get("Parameter")
		return value.FromString(textOf(found, "Value")), nil
	}
	return s, s.setParameters(d.Parameters)
}

// leftover is what becomes of a resource that was made and is not in the template, nil when it is there.
func (p *Plan) leftover(x *recorded) *Change {
	if !x.Old && slices.ContainsFunc(p.order, func(r *resource) bool { return r.id == x.ID && rows[r.kind] != nil }) {
		return nil
	}
	c := &Change{Action: Delete, ID: x.ID, Type: x.Type, Name: x.Name}
	if x.Retain && !x.Old {
		c.Action, c.Note = Retain, "its DeletionPolicy keeps it; it is no part of the stack any more"
	}
	return c
}

// walk goes through the resources: first to see what will happen, then to do it.
type walk struct {
	ctx    context.Context
	plan   *Plan
	d      *Deployment
	record *record
	scope  *scope
	dry    bool
	noted  map[string]bool
	// succeeded are resources that go once their successors are there.
	succeeded map[string]bool
}

func (p *Plan) walk(ctx context.Context, dry bool) *walk {
	return &walk{ctx: ctx, plan: p, d: p.deployment, record: p.record, scope: p.scope, dry: dry,
		noted: map[string]bool{}, succeeded: map[string]bool{}}
}

// view is a resource of the template with the values that its properties have now.
type view struct {
	*resource
	row        *row
	name       string
	properties value.Value
	stored     value.Value // the properties as the record has them
	later      map[string]bool
	code       value.Value
	upload     []upload
}

// visit decides what happens to a resource and, unless the walk is dry, does it.
func (w *walk) visit(r *resource) (*Change, error) {
	row := rows[r.kind]
	switch {
	case slices.Contains(w.d.Skip, r.id) || slices.Contains(w.d.Skip, r.kind):
		if row == nil {
			row = &unknownRow
		}
		return w.ignore(r, row, "left out, as you said")
	case row == nil:
		return nil, unknownType(r.kind)
	case row.nothing != "":
		return w.ignore(r, row, row.nothing)
	}
	v, err := w.look(r, row)
	if err != nil {
		return nil, err
	}
	old := w.record.find(r.id)
	c, err := w.decide(v, old)
	if err != nil {
		return nil, err
	}
	if w.dry {
		return c, w.foresee(v, old, c)
	}
	return c, w.perform(v, old, c)
}

func unknownType(kind string) error {
	switch {
	case strings.HasPrefix(kind, "AWS::Serverless::"):
		return fmt.Errorf("it is a type of SAM that is not made here: run the transform of SAM first (aws-sam-translator), and deploy what that writes")
	case strings.HasPrefix(kind, "Custom::") || kind == "AWS::CloudFormation::CustomResource":
		return fmt.Errorf("custom resources are not made here; --skip leaves them out")
	}
	return fmt.Errorf("resources of this type are not made here; --skip leaves them out")
}

// unknownRow is that of types without one, which can be left out.
var unknownRow row

// ignore leaves a resource out. Who refers to it gets what can be known of it all the same: its name, its ARN.
func (w *walk) ignore(r *resource, row *row, why string) (*Change, error) {
	var members []value.Member
	for _, name := range []string{row.name, "Path"} {
		if v, ok := r.properties.Get(name); ok && name != "" {
			x, err := w.scope.eval(v)
			if err != nil {
				return nil, err
			}
			members = append(members, value.Member{Key: name, Value: x})
		}
	}
	v := &view{resource: r, row: row, properties: value.NewObject(members)}
	w.nameIt(v)
	f, err := w.predict(v)
	if err != nil {
		return nil, err
	}
	f.id, f.later = cmp.Or(f.id, v.name, r.id), false
	w.scope.facts[r.id] = f
	return &Change{Action: Ignore, ID: r.id, Type: r.kind, Name: v.name, Note: why}, nil
}

// look evaluates the properties of a resource.
func (w *walk) look(r *resource, row *row) (*view, error) {
	v := &view{resource: r, row: row, later: map[string]bool{}}
	var members []value.Member
	var wrong Problems
	var idle []string
	for _, m := range r.properties.Members() {
		if slices.Contains(row.idle, m.Key) {
			idle = append(idle, m.Key)
			continue
		}
		w.scope.later = false
		x, err := w.scope.eval(m.Value)
		v.later[m.Key] = w.scope.later
		switch {
		case err != nil:
			wrong.add("%s: %v", m.Key, err)
		case x.Exists():
			members = append(members, value.Member{Key: m.Key, Value: x})
		}
	}
	w.note(idle, r)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	v.properties = value.NewObject(members)
	if err := w.prepare(v); err != nil {
		return nil, err
	}
	w.nameIt(v)
	v.stored = v.properties
	for _, name := range row.secret {
		if x, ok := v.stored.Get(name); ok {
			v.stored = v.stored.With(name, digested([]byte(x.Compact())))
		}
	}
	return v, v.check()
}

// note tells, once, of properties that do nothing.
func (w *walk) note(idle []string, r *resource) {
	if w.dry && len(idle) > 0 && !w.noted[r.id] {
		w.noted[r.id] = true
		w.plan.Notes = append(w.plan.Notes, fmt.Sprintf("%s (%s): %s does nothing here", r.id, r.kind, strings.Join(idle, ", ")))
	}
}

// prepare turns properties that name files into what the services are sent.
func (w *walk) prepare(v *view) (err error) {
	if v.row.prepare == nil {
		return nil
	}
	p := &preparation{ctx: w.ctx, dir: w.d.Template.Dir, place: w.d.Place, caller: w.d.Caller, later: v.later}
	v.properties, err = v.row.prepare(p, v.properties)
	v.code, v.upload = p.code, p.upload
	return err
}

// check refuses properties that nothing is done with.
func (v *view) check() error {
	var wrong Problems
	for _, m := range v.properties.Members() {
		ok, err := v.row.takes(m.Key)
		if err != nil {
			return err
		}
		if !ok {
			wrong.add("the property %s is not known here", m.Key)
		}
	}
	return wrong.err()
}

// nameIt finds the name of a resource, or makes one, which is the same each time.
func (w *walk) nameIt(v *view) {
	if v.row.name == "" {
		return
	}
	if given, ok := v.properties.Get(v.row.name); ok {
		v.name = plainText(given)
		return
	}
	sum := sha256.Sum256([]byte(w.d.Stack + "\x00" + v.id))
	v.name = w.d.Stack + "-" + v.id
	v.name = v.name[:min(len(v.name), 50)] + "-" + strings.ToUpper(hex.EncodeToString(sum[:5]))
	if v.row.lower {
		v.name = strings.ToLower(v.name)
	}
	if fifo := textLike(v.properties, "FifoQueue") + textLike(v.properties, "FifoTopic"); strings.Contains(fifo, "true") {
		v.name += ".fifo"
	}
	v.properties = v.properties.With(v.row.name, value.FromString(v.name))
}

// textLike is a scalar member as text, "" when there is none.
func textLike(v value.Value, key string) string {
	if m, ok := v.Get(key); ok && isScalar(m) {
		return plainText(m)
	}
	return ""
}

// decide compares a resource with what was made of it.
func (w *walk) decide(v *view, old *recorded) (*Change, error) {
	c := &Change{Action: Create, ID: v.id, Type: v.kind, Name: v.name}
	switch {
	case old == nil:
		return c, nil
	case old.Type != v.kind:
		c.Action, c.Note = Replace, "it was a "+old.Type
		return c, nil
	case old.Making && old.Ref == "":
		c.Note = "an earlier deployment was broken off while it made this"
		return c, nil
	}
	c.Properties = differences(old.Properties, v)
	c.Action = Keep
	if len(c.Properties) == 0 {
		if old.Making {
			c.Action, c.Note = Update, "an earlier deployment was broken off while it changed this"
		}
		return c, nil
	}
	c.Action = Update
	var fixed []string
	for _, p := range c.Properties {
		ok, err := v.row.changes(p.Name)
		if err != nil {
			return nil, err
		}
		if !ok {
			fixed = append(fixed, p.Name)
		}
	}
	if len(fixed) == 0 {
		c.Note = stays(v.row, c.Properties)
		return c, nil
	}
	c.Action, c.Note = Replace, strings.Join(fixed, ", ")+" cannot be changed"
	if v.row.holds && !w.d.Replace {
		return nil, fmt.Errorf("it has to be replaced, since %s, and what it holds would be lost; --replace does that", c.Note)
	}
	return c, nil
}

// stays says which properties are gone from the template and stay as they were all the same.
func stays(r *row, differ []Property) string {
	var names []string
	for _, p := range differ {
		if !p.New.Exists() && !slices.Contains(strings.Fields(r.resets), p.Name) {
			names = append(names, p.Name)
		}
	}
	if names == nil {
		return ""
	}
	return strings.Join(names, ", ") + " stays as it was"
}

// changes reports whether an update can change a property.
func (r *row) changes(property string) (bool, error) {
	if property == r.name {
		return false, nil
	}
	for i := range r.update {
		names, err := r.update[i].reads()
		if err != nil || slices.Contains(names, property) {
			return true, err
		}
	}
	return false, nil
}

// differences lists the properties in which a view differs from what is recorded.
func differences(before value.Value, v *view) []Property {
	var found []Property
	for _, m := range v.stored.Members() {
		old, had := before.Get(m.Key)
		if later := v.later[m.Key]; later || !had || !value.Equal(old, m.Value) {
			found = append(found, Property{m.Key, old, m.Value, later})
		}
	}
	for _, m := range before.Members() {
		if _, has := v.stored.Get(m.Key); !has {
			found = append(found, Property{Name: m.Key, Old: m.Value})
		}
	}
	return found
}

// foresee notes what will be known of a resource after a change.
func (w *walk) foresee(v *view, old *recorded, c *Change) error {
	if c.Action == Create || c.Action == Replace {
		w.succeeded[v.id] = c.Action == Replace && v.besides(old)
		f, err := w.predict(v)
		w.scope.facts[v.id] = f
		return err
	}
	f := old.fact()
	if c.Action == Update && len(v.row.moving) > 0 {
		f = &fact{id: f.id, attributes: maps.Clone(f.attributes), later: true}
		for _, name := range v.row.moving {
			delete(f.attributes, name)
			if name == "Ref" {
				f.id = ""
			}
		}
	}
	w.scope.facts[v.id] = f
	return nil
}

// fact is what is known of a resource that was made.
func (x *recorded) fact() *fact { return &fact{id: x.Ref, attributes: x.Attributes} }

// predict is what is known of a resource before it is made.
func (w *walk) predict(v *view) (*fact, error) {
	f, err := w.learn(v, value.EmptyObj)
	if err != nil {
		return nil, err
	}
	f.later = true
	if strings.Contains(f.id, laterText) {
		f.id = ""
	}
	maps.DeleteFunc(f.attributes, func(_ string, x value.Value) bool { return isLater(x) })
	return f, nil
}

// learn is what is known of a resource after such answers.
func (w *walk) learn(v *view, made value.Value) (*fact, error) {
	e := w.evaluation(v.properties, "", made)
	f := &fact{attributes: map[string]value.Value{}}
	if v.row.id != "" {
		id, err := e.eval(v.row.id)
		if err != nil {
			return nil, err
		}
		f.id = id.Str()
	}
	e = w.evaluation(v.properties, f.id, made)
	for name, source := range v.row.attributes {
		x, err := e.eval(source)
		if err != nil {
			return nil, err
		}
		if x.Exists() {
			f.attributes[name] = x
		}
	}
	return f, nil
}

// evaluation is what expressions see.
func (w *walk) evaluation(properties value.Value, id string, made value.Value) *evaluation {
	bindings := map[string]value.Value{
		"region": value.FromString(w.d.Place.Region), "account": value.FromString(w.d.Place.Account),
		"partition": value.FromString(w.d.Place.Partition()), "made": made, "old": value.EmptyObj,
	}
	if id != "" {
		bindings["id"] = value.FromString(id)
	}
	return &evaluation{properties, bindings}
}

// outputs are the values of the Outputs.
func (w *walk) outputs() (value.Value, error) {
	var wrong Problems
	var members []value.Member
	for _, m := range w.d.Template.outputs.Members() {
		if condition := textOf(m.Value, "Condition"); condition != "" {
			if yes, err := w.scope.condition(condition); err != nil || !yes {
				if err != nil {
					wrong.add("the output %s: %v", m.Key, err)
				}
				continue
			}
		}
		given, _ := m.Value.Get("Value")
		v, err := w.scope.eval(given)
		if err != nil {
			wrong.add("the output %s: %v", m.Key, err)
		} else if v.Exists() {
			members = append(members, value.Member{Key: m.Key, Value: v})
		}
	}
	return value.NewObject(members), wrong.err()
}

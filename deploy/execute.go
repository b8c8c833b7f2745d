package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// Execute does what the plan says, and tells done of each change once it is made. It returns the Outputs. When a change
// fails, those before it stay, and the next deployment goes on from there.
func (p *Plan) Execute(ctx context.Context, done func(Change)) (value.Value, error) {
	outputs := value.EmptyObj
	if p.deployment.Template != nil {
		if err := p.read(ctx); err != nil {
			return outputs, err
		}
	}
	w := p.walk(ctx, false)
	for _, r := range p.order {
		c, err := w.visit(r)
		if err != nil {
			return outputs, fmt.Errorf("%s (%s): %w", r.id, r.kind, err)
		}
		done(*c)
	}
	if p.deployment.Template != nil {
		var err error
		if outputs, err = w.outputs(); err != nil {
			return outputs, err
		}
	}
	return outputs, w.clear(done)
}

// clear removes what is not in the template, the last made first; with the last resource of a stack its record goes as well.
func (w *walk) clear(done func(Change)) error {
	for i := len(w.record.Resources) - 1; i >= 0; i-- {
		x := w.record.Resources[i]
		c := w.plan.leftover(&x)
		if c == nil {
			continue
		}
		if c.Action == Delete {
			if err := w.unmake(&x); err != nil {
				return fmt.Errorf("deleting %s (%s): %w", x.ID, x.Type, err)
			}
		}
		w.record.Resources = slices.Delete(w.record.Resources, i, i+1)
		if err := w.save(); err != nil {
			return err
		}
		done(*c)
	}
	if w.d.Template == nil {
		return w.record.remove(w.ctx, w.d.Caller, w.d.Place)
	}
	return nil
}

func (w *walk) save() error { return w.record.save(w.ctx, w.d.Caller, w.d.Place) }

// perform does what was decided.
func (w *walk) perform(v *view, old *recorded, c *Change) error {
	for _, u := range v.upload {
		in := []value.Member{member("Bucket", bucketOf(w.d.Place)), member("Key", u.key)}
		if _, err := putObject(w.ctx, w.d.Caller, w.d.Place, in, []byte(u.text)); err != nil {
			return err
		}
	}
	var f *fact
	var err error
	switch c.Action {
	case Keep:
		f = old.fact()
		if old.Retain != v.retain {
			old.Retain = v.retain
			err = w.save()
		}
	case Update:
		f, err = w.change(v, old, c)
	case Replace:
		if err := w.giveWay(v, old); err != nil {
			return err
		}
		f, err = w.make(v)
	default:
		f, err = w.make(v)
	}
	if err == nil {
		w.scope.facts[v.id] = f
	}
	return err
}

// giveWay makes room for the successor of a resource. One with the same name cannot be there at the same time; others are
// removed at the end, when nothing refers to them any more.
func (w *walk) giveWay(v *view, old *recorded) error {
	if v.besides(old) {
		old.Old = true
		return w.save()
	}
	if err := w.unmake(old); err != nil {
		return err
	}
	w.record.Resources = slices.DeleteFunc(w.record.Resources, func(x recorded) bool { return x.ID == v.id && !x.Old })
	return w.save()
}

// besides reports whether a resource can be there at the same time as its predecessor.
func (v *view) besides(old *recorded) bool {
	return old.Type != v.kind || v.row.name == "" || old.Name != v.name
}

// unmake removes a resource.
func (w *walk) unmake(x *recorded) error {
	row := rows[x.Type]
	if row == nil {
		return fmt.Errorf("this build does not know how")
	}
	id := x.Ref
	if id == "" { // it may have been made all the same
		f, err := w.learn(&view{row: row, properties: x.Properties}, value.EmptyObj)
		if err != nil {
			return err
		}
		id = f.id
	}
	_, err := w.run(row.remove, w.evaluation(x.Properties, id, value.EmptyObj), x.Properties, nil)
	return err
}

// make makes a resource. What an earlier deployment has made, which was broken off before it noted that, is taken over.
func (w *walk) make(v *view) (*fact, error) {
	x := w.record.find(v.id)
	again := x != nil
	if !again {
		w.record.Resources = append(w.record.Resources, recorded{ID: v.id, Type: v.kind})
		x = &w.record.Resources[len(w.record.Resources)-1]
	}
	x.Name, x.Properties, x.Retain, x.Making = v.name, v.stored, v.retain, true
	if err := w.save(); err != nil {
		return nil, err
	}
	made, err := w.run(v.row.create, w.coded(v, ""), v.properties, nil)
	if isThere(err) && again {
		f, err := w.learn(v, value.EmptyObj)
		if err != nil {
			return nil, err
		}
		made, err = w.run(v.row.update, w.coded(v, f.id), v.properties, nil)
		if err != nil {
			return nil, err
		}
	} else if isThere(err) {
		return nil, fmt.Errorf("there is one called %s already that this stack has not made: %w", v.name, err)
	} else if err != nil {
		return nil, err
	}
	return w.settle(v, x, made)
}

// change changes a resource, by the steps that read what differs.
func (w *walk) change(v *view, old *recorded, c *Change) (*fact, error) {
	old.Making = true
	if err := w.save(); err != nil {
		return nil, err
	}
	var differs []string // nil: all
	for _, p := range c.Properties {
		differs = append(differs, p.Name)
	}
	e := w.coded(v, old.Ref).with("old", old.Properties)
	made, err := w.run(v.row.update, e, v.properties, differs)
	if err != nil {
		return nil, err
	}
	return w.settle(v, old, made)
}

// settle records a resource as it is now.
func (w *walk) settle(v *view, x *recorded, made value.Value) (*fact, error) {
	f, err := w.learn(v, made)
	if err != nil {
		return nil, err
	}
	if f.id == "" {
		f.id = x.Ref
	}
	for name, a := range x.Attributes {
		if _, ok := f.attributes[name]; !ok {
			f.attributes[name] = a
		}
	}
	x.Ref, x.Attributes, x.Properties, x.Retain, x.Making = f.id, f.attributes, v.stored, v.retain, false
	return f, w.save()
}

// coded is an evaluation that has the code of a function.
func (w *walk) coded(v *view, id string) *evaluation {
	e := w.evaluation(v.properties, id, value.EmptyObj)
	if v.code.Exists() {
		e.bindings["code"] = v.code
	}
	return e
}

// takenCodes are those by which services say that there is something of that name.
var takenCodes = []string{
	"ActivityAlreadyExists", "AlreadyExistsException", "BucketAlreadyExists", "ConflictException", "IdempotentParameterMismatchException",
	"ParameterAlreadyExists", "QueueAlreadyExists", "QueueNameExists", "ResourceAlreadyExistsException", "ResourceConflictException",
	"ResourceExistsException", "ResourceInUseException", "StateMachineAlreadyExists",
}

func isThere(err error) bool {
	code := refused(err)
	return slices.Contains(takenCodes, code) || code == "ClientException" && strings.Contains(err.Error(), "already exists")
}

// run makes the calls of steps. With differs, only of those that read such a property. It returns the answers, by operation.
func (w *walk) run(steps []step, e *evaluation, properties value.Value, differs []string) (value.Value, error) {
	made := value.EmptyObj
	e.properties = properties
	did := false
	for i := range steps {
		s := &steps[i]
		reads, err := s.reads()
		if err != nil {
			return made, err
		}
		wanted := differs == nil || s.after && did || !s.after && slices.ContainsFunc(differs, func(name string) bool { return slices.Contains(reads, name) })
		if !wanted {
			continue
		}
		inputs, err := s.inputs(e.with("made", made))
		if err != nil {
			return made, err
		}
		for _, in := range inputs {
			did = true
			answer, err := w.step(s, e, in)
			if err != nil {
				return made, err
			}
			_, operation, _ := strings.Cut(s.call, ":")
			made = made.With(operation, answer)
		}
	}
	return made, nil
}

// How long a step waits between two looks, and in all.
const (
	firstLook = 50 * time.Millisecond
	lastLook  = 2 * time.Second
	patience  = 5 * time.Minute
)

// step makes one call, until it answers what is waited for.
func (w *walk) step(s *step, e *evaluation, in value.Value) (value.Value, error) {
	in = coerced(s.call, in)
	end := time.Now().Add(patience)
	for wait := firstLook; ; wait = min(2*wait, lastLook) {
		answer, err := call(w.ctx, w.d.Caller, w.d.Place, s.call, in)
		if code := refused(err); code != "" && slices.Contains(strings.Fields(s.gone), code) {
			return value.EmptyObj, nil
		}
		if err != nil || s.until == "" {
			return answer, err
		}
		v, err := e.with("answer", answer).eval(s.until)
		if err != nil || isTrue(v) {
			return answer, err
		}
		if time.Now().After(end) {
			return answer, fmt.Errorf("%s: it was not ready after %v", s.call, patience)
		}
		timer := time.NewTimer(wait)
		select {
		case <-w.ctx.Done():
			timer.Stop()
			return answer, w.ctx.Err()
		case <-timer.C:
		}
	}
}

// coerced is an input with its numbers, texts and truths as the model of the operation has them: in a template, "60" is a
// number as well, and a parameter is always a text.
func coerced(what string, in value.Value) value.Value {
	service, operation, _ := strings.Cut(what, ":")
	if m := model.Load(service); m != nil && m.Operations[operation] != nil && m.Operations[operation].Input != nil {
		return coerce(in, m.Operations[operation].Input)
	}
	return in
}

func coerce(v value.Value, s *model.Shape) value.Value {
	switch s.Kind {
	case model.Structure:
		return coerceMembers(v, func(name string) *model.Shape {
			if m := s.Member(name); m != nil {
				return m.Shape
			}
			return nil
		})
	case model.Map:
		return coerceMembers(v, func(string) *model.Shape { return s.Elem })
	case model.List:
		if v.Kind() != value.Array {
			return v
		}
		elems := make([]value.Value, v.Len())
		for i, e := range v.Elems() {
			elems[i] = coerce(e, s.Elem)
		}
		return value.NewArray(elems)
	case model.String:
		if v.Kind() == value.Number || v.Kind() == value.Bool {
			return value.FromString(v.Text())
		}
	case model.Integer, model.Long, model.Float, model.Double:
		if n, err := value.Parse(v.Str()); v.Kind() == value.String && err == nil && n.Kind() == value.Number {
			return n
		}
	case model.Boolean:
		if v.Kind() == value.String && (v.Str() == "true" || v.Str() == "false") {
			return value.FromBool(v.Str() == "true")
		}
	}
	return v
}

func coerceMembers(v value.Value, shape func(name string) *model.Shape) value.Value {
	if v.Kind() != value.Object {
		return v
	}
	members := make([]value.Member, v.Len())
	for i, m := range v.Members() {
		members[i] = m
		if s := shape(m.Key); s != nil {
			members[i].Value = coerce(m.Value, s)
		}
	}
	return value.NewObject(members)
}

package dynamodb

import (
	"context"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/dynamodb/expression"
)

// edit is one change of one item: PutItem, UpdateItem and DeleteItem make it, and transactions and statements.
type edit struct {
	kind      editKind
	named     string         // the table, as the request names it
	item      attribute.Item // of a put
	key       attribute.Item // of all others
	changes   *expression.Changes
	older     []olderUpdate // AttributeUpdates
	condition *expression.Test
	expected  expected // Expected
	returns   string   // ReturnValues
	onFailure bool     // the item is returned when the condition fails
	alone     bool     // it is UpdateItem, whose own size counts as well

	table   *table
	indexes []*index // of the table when the edit was done
	stored  []byte   // key form
}

type editKind uint8

const (
	putEdit editKind = iota
	updateEdit
	deleteEdit
	checkEdit
)

// itemTooLarge is known of a put from the request alone, so it is the answer of a transaction, and no reason in it.
const itemTooLarge = "Item size has exceeded the maximum allowed size"

// effect is what an edit did.
type effect struct {
	key      attribute.Item
	old, new attribute.Item // nil: none
	targets  expression.Paths
}

// readEdit reads what the operations and the parts of a transaction have in common.
func (in input) readEdit(kind editKind) (*edit, error) {
	e := &edit{kind: kind, named: in.text("TableName")}
	if e.named == "" {
		return nil, missing("tableName")
	}
	roles := []expression.Role{expression.Condition}
	if kind == updateEdit {
		roles = []expression.Role{expression.Update, expression.Condition}
	}
	err := in.mayHavePlaceholders(roles...)
	if err != nil {
		return nil, err
	}
	if kind == putEdit {
		e.item, err = in.item("Item", "item")
	} else {
		e.key, err = in.item("Key", "key")
	}
	if err != nil {
		return nil, err
	}
	ph, err := in.placeholders(roles...)
	if err != nil {
		return nil, err
	}
	if v := in.get("UpdateExpression"); kind == updateEdit && v.Exists() {
		if e.changes, err = expression.ParseUpdate(v.Str(), ph); err != nil {
			return nil, refusal(err)
		}
	}
	if e.condition, err = in.test(expression.Condition, ph); err != nil {
		return nil, err
	}
	if err := ph.Unused(); err != nil {
		return nil, refusal(err)
	}
	return e, e.readFailure(in)
}

func (e *edit) readFailure(in input) error {
	switch mode := in.text("ReturnValuesOnConditionCheckFailure"); mode {
	case "", "NONE":
		return nil
	default:
		e.onFailure = mode == "ALL_OLD"
		return oneOf(mode, "returnValuesOnConditionCheckFailure", "ALL_OLD", "NONE")
	}
}

// readReturns reads ReturnValues.
func (e *edit) readReturns(in input) error {
	e.returns = in.text("ReturnValues")
	if e.returns == "" {
		e.returns = "NONE"
	}
	if err := oneOf(e.returns, "returnValues", "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"); err != nil {
		return err
	}
	if e.kind != updateEdit && e.returns != "NONE" && e.returns != "ALL_OLD" {
		return validation("ReturnValues can only be ALL_OLD or NONE")
	}
	return nil
}

// resolve finds the table.
func (e *edit) resolve(s *Service, r *awswire.Request) (err error) {
	e.table, err = s.lookup(r, e.named)
	return err
}

// check holds the edit against the schema of its table, which is locked.
func (e *edit) check() error {
	t := e.table
	if t.gone {
		return notFound()
	}
	e.indexes = t.indexes
	if e.changes != nil {
		if err := t.checkPaths(e.changes.Targets()); err != nil {
			return err
		}
		if err := t.checkIndexKeys(attribute.Sorted(e.changes.Given()), true); err != nil {
			return err
		}
	}
	if e.kind != putEdit {
		if err := t.schema.ofKey(e.key); err != nil {
			return err
		}
		e.stored = t.schema.append(nil, e.key)
		return e.checkTargets()
	}
	if err := t.schema.ofItem(e.item); err != nil {
		return err
	}
	if err := t.checkIndexKeys(e.item, false); err != nil {
		return err
	}
	if e.item.Size() > attribute.MaxItemBytes {
		return validation(itemTooLarge)
	}
	e.stored, e.key = t.schema.append(nil, e.item), t.schema.of(e.item)
	return nil
}

// checkTargets refuses an update of the key.
func (e *edit) checkTargets() error {
	for _, name := range e.targets().Names() {
		if e.table.schema.has(name) {
			return invalidParameter("Cannot update attribute %s. This attribute is part of the key", name)
		}
	}
	return nil
}

func (e *edit) targets() expression.Paths {
	if e.changes != nil {
		return e.changes.Targets()
	}
	paths := make(expression.Paths, len(e.older))
	for i, u := range e.older {
		paths[i] = expression.Named(u.name)
	}
	return paths
}

// perform adds the edit to a commit, if its condition holds. The table is locked for writing.
func (e *edit) perform(s *Service, c *commit) (*effect, error) {
	t := e.table
	old, err := s.item(t.record.Number, e.stored)
	if err != nil {
		return nil, err
	}
	if err := e.holds(old); err != nil {
		return nil, err
	}
	f := &effect{key: e.key, old: old}
	switch e.kind {
	case checkEdit:
		f.new = old
		return f, nil
	case deleteEdit:
		if old == nil {
			return f, nil
		}
	case putEdit:
		f.new = e.item
	case updateEdit:
		if f.new, err = e.updated(old); err != nil {
			return nil, err
		}
		f.targets = e.targets()
	}
	c.change(t, e.stored, old, f.new)
	return f, nil
}

func (e *edit) holds(old attribute.Item) error {
	ok := e.condition.Holds(old)
	if e.expected != nil {
		var err error
		if ok, err = e.expected.hold(old); err != nil {
			return err
		}
	}
	if ok {
		return nil
	}
	failed := conditionFailed()
	if e.onFailure && old != nil {
		failed.Extra = itemMember("Item", old)
	}
	return failed
}

// updated is an item after the update.
func (e *edit) updated(old attribute.Item) (item attribute.Item, err error) {
	item = old
	if item == nil {
		item = e.key
	}
	if e.changes != nil {
		item, err = e.changes.Of(item)
	} else {
		item, err = applyOlder(item, e.older)
	}
	if err != nil {
		return nil, refusal(err)
	}
	if err := e.table.checkIndexKeys(item, true); err != nil {
		return nil, err
	}
	if item.Size() > attribute.MaxItemBytes || e.alone && e.changes.Size(item) > attribute.MaxItemBytes {
		return nil, validation("Item size to update has exceeded the maximum allowed size")
	}
	for _, target := range e.targets() {
		if len(target) > 1 && item.Get(target[0].Name).Depth() > attribute.MaxDepth {
			return nil, validation("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit")
		}
	}
	return item, nil
}

// returned are the attributes that the answer has by ReturnValues, nil for none.
func (e *edit) returned(f *effect) attribute.Item {
	switch e.returns {
	case "ALL_OLD":
		return f.old
	case "ALL_NEW":
		return f.new
	case "UPDATED_OLD":
		if f.old != nil {
			return f.targets.Of(f.old)
		}
	case "UPDATED_NEW":
		return f.targets.Of(f.new)
	}
	return nil
}

// putItem, updateItem and deleteItem are the operations.
func (s *Service) putItem(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	return s.edit(r, putEdit)
}

func (s *Service) updateItem(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	return s.edit(r, updateEdit)
}

func (s *Service) deleteItem(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	return s.edit(r, deleteEdit)
}

func (s *Service) edit(r *awswire.Request, kind editKind) (*awswire.Reply, error) {
	in := input{r.Input}
	older, newer := []string{"Expected", "ConditionalOperator"}, []string{"ConditionExpression"}
	if kind == updateEdit {
		older, newer = []string{"AttributeUpdates", "Expected", "ConditionalOperator"}, []string{"UpdateExpression", "ConditionExpression"}
	}
	if err := in.notBoth(older, newer); err != nil {
		return nil, err
	}
	e, err := in.readEdit(kind)
	if err != nil {
		return nil, err
	}
	e.alone = kind == updateEdit && e.changes != nil
	if err := e.readReturns(in); err != nil {
		return nil, err
	}
	if err := e.readOlder(in); err != nil {
		return nil, err
	}
	mode, err := in.capacityMode()
	if err != nil {
		return nil, err
	}
	metrics, err := in.collectionMetrics()
	if err != nil {
		return nil, err
	}
	f, err := s.editOne(r, e)
	if err != nil {
		return nil, err
	}
	return e.answer(f, mode, metrics)
}

// editOne carries out an edit.
func (s *Service) editOne(r *awswire.Request, e *edit) (*effect, error) {
	if err := e.resolve(s, r); err != nil {
		return nil, err
	}
	e.table.mu.Lock()
	defer e.table.mu.Unlock()
	if err := e.check(); err != nil {
		return nil, err
	}
	c := new(commit)
	f, err := e.perform(s, c)
	if err != nil || c.batch.Len() == 0 {
		return f, err
	}
	return f, c.apply(s.store)
}

func (e *edit) answer(f *effect, mode string, metrics bool) (*awswire.Reply, error) {
	out := object{'{'}
	if item := e.returned(f); len(item) > 0 {
		out = item.Append(out.member("Attributes"))
	}
	if mode != "" {
		u := usage{table: e.named}
		u.wrote(e.indexes, f.old, f.new)
		out = u.append(out.member("ConsumedCapacity"), mode)
	}
	if metrics && hasLocal(e.indexes) {
		out = e.table.appendCollection(out.member("ItemCollectionMetrics"), f.key)
	}
	return answer(append(out, '}'))
}

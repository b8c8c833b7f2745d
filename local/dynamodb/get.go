package dynamodb

import (
	"context"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/dynamodb/expression"
)

// look is one item that is read by its key: GetItem, BatchGetItem, TransactGetItems.
type look struct {
	named string
	key   attribute.Item
	parts expression.Paths // nil: all

	// Of a statement:
	columns expression.Paths // nil: all
	filter  *expression.Test
}

// readParts reads which parts of items are asked for.
func (in input) readParts() (expression.Paths, error) {
	if err := in.notBoth([]string{"AttributesToGet"}, []string{"ProjectionExpression"}); err != nil {
		return nil, err
	}
	ph, err := in.placeholders(expression.Projection)
	if err != nil {
		return nil, err
	}
	if in.has("AttributesToGet") {
		return in.attributesToGet()
	}
	parts, err := in.projection(ph)
	if err != nil {
		return nil, err
	}
	return parts, refusal(ph.Unused())
}

// findItem reads the item with a key, nil when there is none.
func (s *Service) findItem(t *table, key attribute.Item) (attribute.Item, error) {
	t.mu.RLock()
	number, gone := t.record.Number, t.gone
	t.mu.RUnlock()
	if gone {
		return nil, notFound()
	}
	if err := t.schema.ofKey(key); err != nil {
		return nil, err
	}
	return s.item(number, t.schema.append(nil, key))
}

func (l *look) of(item attribute.Item) attribute.Item {
	switch {
	case item == nil:
		return nil
	case l.columns != nil:
		return columnsOf(l.columns, item)
	case l.parts != nil:
		return l.parts.Of(item)
	}
	return item
}

func (in input) readLook() (*look, error) {
	l := &look{named: in.text("TableName")}
	if l.named == "" {
		return nil, missing("tableName")
	}
	var err error
	if l.key, err = in.item("Key", "key"); err != nil {
		return nil, err
	}
	l.parts, err = in.readParts()
	return l, err
}

func (s *Service) getItem(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	in := input{r.Input}
	l, err := in.readLook()
	if err != nil {
		return nil, err
	}
	mode, err := in.capacityMode()
	if err != nil {
		return nil, err
	}
	t, err := s.lookup(r, l.named)
	if err != nil {
		return nil, err
	}
	item, err := s.findItem(t, l.key)
	if err == nil {
		t.mu.RLock()
		err = t.checkPaths(l.parts)
		t.mu.RUnlock()
	}
	if err != nil {
		return nil, err
	}
	out := object{'{'}
	if item != nil {
		out = l.of(item).Append(out.member("Item"))
	}
	if mode != "" {
		u := usage{table: l.named, units: readUnits(item.Size(), in.truth("ConsistentRead"))}
		out = u.append(out.member("ConsumedCapacity"), mode)
	}
	return answer(append(out, '}'))
}

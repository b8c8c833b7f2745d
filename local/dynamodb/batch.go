package dynamodb

import (
	"context"
	"slices"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/dynamodb/expression"
	"github.com/statelark/statelark/value"
)

// Limits of batches.
const (
	maxBatchGets   = 100
	maxBatchWrites = 25
	maxBatchBytes  = 16 << 20 // of an answer, and of a request
)

// gets are the keys that a BatchGetItem asks of one table.
type gets struct {
	named      string
	table      *table
	doc        value.Value // as it came
	keys       []attribute.Item
	parts      expression.Paths
	consistent bool
}

func (in input) readGets() ([]*gets, error) {
	var all []*gets
	count, older, newer := 0, false, false
	for _, m := range in.get("RequestItems").Members() {
		g := &gets{named: m.Key, doc: m.Value}
		one := input{m.Value}
		g.consistent = one.truth("ConsistentRead")
		for _, k := range one.get("Keys").Elems() {
			key, err := attribute.ParseItem(k)
			if err != nil {
				return nil, refusal(err)
			}
			g.keys = append(g.keys, key)
		}
		if len(g.keys) == 0 {
			return nil, validation("1 validation error detected: Value '[]' at 'requestItems.%s.member.keys' failed to satisfy constraint: Member must have length greater than or equal to 1", m.Key)
		}
		count += len(g.keys)
		var err error
		if g.parts, err = one.readParts(); err != nil {
			return nil, err
		}
		older, newer = older || one.has("AttributesToGet"), newer || one.has("ProjectionExpression")
		all = append(all, g)
	}
	switch {
	case older && newer:
		return nil, validation("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}")
	case len(all) == 0:
		return nil, validation("The requestItems parameter is required for BatchGetItem")
	case count > maxBatchGets:
		return nil, validation("Too many items requested for the BatchGetItem call")
	}
	return all, nil
}

func (s *Service) batchGetItem(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	in := input{r.Input}
	mode, err := in.capacityMode()
	if err != nil {
		return nil, err
	}
	all, err := in.readGets()
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		if err := s.checkGets(r, g); err != nil {
			return nil, err
		}
	}
	return s.answerGets(all, mode)
}

// checkGets finds the table, and holds the keys against its schema.
func (s *Service) checkGets(r *awswire.Request, g *gets) (err error) {
	if g.table, err = s.lookup(r, g.named); err != nil {
		return err
	}
	schema := g.table.schema
	seen := map[string]bool{}
	for _, key := range g.keys {
		if err := schema.ofKey(key); err != nil {
			return err
		}
		stored := string(schema.append(nil, key))
		if seen[stored] {
			return validation("Provided list of item keys contains duplicates")
		}
		seen[stored] = true
	}
	return nil
}

func (s *Service) answerGets(all []*gets, mode string) (*awswire.Reply, error) {
	out := object(`{"Responses":{`)
	unprocessed := object{'{'}
	var used usages
	bytes := 0
	for i, g := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(value.AppendQuoted(out, g.named), ':', '[')
		found := 0
		for j, key := range g.keys {
			item, err := s.findItem(g.table, key)
			if err != nil {
				return nil, err
			}
			if bytes += item.Size(); bytes > maxBatchBytes {
				unprocessed = g.appendRest(unprocessed, j)
				break
			}
			used.of(g.named).units += readUnits(item.Size(), g.consistent)
			if item == nil {
				continue
			}
			if found++; found > 1 {
				out = append(out, ',')
			}
			l := look{parts: g.parts}
			out = l.of(item).Append(out)
		}
		out = append(out, ']')
	}
	out = append(append(append(out, `},"UnprocessedKeys":`...), unprocessed...), '}')
	if mode != "" {
		out = used.append(append(out, ','), mode)
	}
	return answer(append(out, '}'))
}

// appendRest adds the keys from i on to what was not processed: the request as it came, with those keys alone.
func (g *gets) appendRest(dst object, i int) object {
	if len(dst) > 1 {
		dst = append(dst, ',')
	}
	dst = append(value.AppendQuoted(dst, g.named), ':')
	doc := g.doc.With("Keys", value.NewArray(input{g.doc}.get("Keys").Elems()[i:]))
	return doc.AppendCompact(dst)
}

// readWrites reads the requests of a BatchWriteItem.
func (in input) readWrites() ([]*edit, error) {
	var all []*edit
	for _, m := range in.get("RequestItems").Members() {
		requests := m.Value.Elems()
		if len(requests) == 0 {
			return nil, validation("1 validation error detected: Value '{%s=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]", m.Key)
		}
		for _, q := range requests {
			e, err := readWrite(m.Key, input{q})
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
	}
	switch {
	case len(all) == 0:
		return nil, validation("The requestItems parameter is required for BatchWriteItem")
	case len(all) > maxBatchWrites:
		return nil, validation("Too many items requested for the BatchWriteItem call")
	}
	return all, nil
}

func readWrite(named string, in input) (*edit, error) {
	put, del := in.get("PutRequest"), in.get("DeleteRequest")
	e := &edit{named: named}
	var err error
	switch {
	case put.Exists() && del.Exists():
		return nil, validation("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	case put.Exists():
		e.item, err = input{put}.item("Item", "requestItems."+named+".member.1.member.putRequest.item")
	case del.Exists():
		e.kind = deleteEdit
		e.key, err = input{del}.item("Key", "requestItems."+named+".member.1.member.deleteRequest.key")
	default:
		return nil, validation("Supplied WriteRequest is empty, must contain exactly one of PutRequest and DeleteRequest")
	}
	return e, err
}

// tablesOf finds the tables of edits, in the order in which they are locked.
func (s *Service) tablesOf(r *awswire.Request, edits []*edit) ([]*table, error) {
	var tables []*table
	for _, e := range edits {
		if err := e.resolve(s, r); err != nil {
			return nil, err
		}
		if !slices.Contains(tables, e.table) {
			tables = append(tables, e.table)
		}
	}
	slices.SortFunc(tables, func(a, b *table) int { return slices.Compare(a.key, b.key) })
	return tables, nil
}

// noTwice refuses two edits of one item.
func noTwice(edits []*edit, message string) error {
	type place struct {
		table *table
		key   string
	}
	seen := map[place]bool{}
	for _, e := range edits {
		at := place{e.table, string(e.stored)}
		if e.stored != nil && seen[at] {
			return validation("%s", message)
		}
		seen[at] = true
	}
	return nil
}

func (s *Service) batchWriteItem(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	in := input{r.Input}
	mode, err := in.capacityMode()
	if err != nil {
		return nil, err
	}
	metrics, err := in.collectionMetrics()
	if err != nil {
		return nil, err
	}
	edits, err := in.readWrites()
	if err != nil {
		return nil, err
	}
	tables, err := s.tablesOf(r, edits)
	if err != nil {
		return nil, err
	}
	defer lockAll(tables)()
	for _, e := range edits {
		if e.kind == putEdit && !e.table.gone && !e.table.schema.matches(e.item) {
			return nil, validation(noMatch)
		}
		if err := e.check(); err != nil {
			return nil, err
		}
	}
	if err := noTwice(edits, "Provided list of item keys contains duplicates"); err != nil {
		return nil, err
	}
	effects, err := s.performAll(edits)
	if err != nil {
		return nil, err
	}
	return answerWrites(edits, effects, mode, metrics)
}

// performAll carries out edits whose conditions hold, all at once.
func (s *Service) performAll(edits []*edit) ([]*effect, error) {
	c := new(commit)
	effects := make([]*effect, len(edits))
	for i, e := range edits {
		var err error
		if effects[i], err = e.perform(s, c); err != nil {
			return nil, err
		}
	}
	return effects, c.apply(s.store)
}

func answerWrites(edits []*edit, effects []*effect, mode string, metrics bool) (*awswire.Reply, error) {
	out := object(`{"UnprocessedItems":{}`)
	if metrics {
		out = appendCollections(out.member("ItemCollectionMetrics"), edits, effects)
	}
	if mode != "" {
		var used usages
		for i, e := range edits {
			used.of(e.named).wrote(e.indexes, effects[i].old, effects[i].new)
		}
		out = used.append(append(out, ','), mode)
	}
	return answer(append(out, '}'))
}

// appendCollections appends the metrics of all tables that have them.
func appendCollections(dst []byte, edits []*edit, effects []*effect) []byte {
	out := append(object(dst), '{')
	first := true
	done := map[string]bool{}
	for _, e := range edits {
		if done[e.named] || !hasLocal(e.indexes) {
			continue
		}
		done[e.named] = true
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(value.AppendQuoted(out, e.named), ':', '[')
		n := 0
		for j, other := range edits {
			if other.named != e.named {
				continue
			}
			if n++; n > 1 {
				out = append(out, ',')
			}
			out = e.table.appendCollection(out, effects[j].key)
		}
		out = append(out, ']')
	}
	return append(out, '}')
}

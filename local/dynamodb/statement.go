package dynamodb

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/dynamodb/expression"
	"github.com/statelark/statelark/local/dynamodb/partiql"
	"github.com/statelark/statelark/value"
)

// maxStatements is how many statements a batch may have.
const maxStatements = 25

// readStatement reads one statement with its parameters.
func readStatement(in input) (*partiql.Statement, error) {
	text := in.text("Statement")
	if text == "" {
		return nil, missing("statement")
	}
	var parameters []attribute.Value
	if v := in.get("Parameters"); v.Exists() {
		if v.Len() == 0 {
			return nil, constraint("[]", "parameters", "Member must have length greater than or equal to 1")
		}
		var err error
		if parameters, err = readList(v); err != nil {
			return nil, err
		}
	}
	st, err := partiql.Parse(text, parameters)
	var wrong partiql.Error
	if errors.As(err, &wrong) {
		return nil, validation("%s", string(wrong))
	}
	return st, refusal(err)
}

func (s *Service) executeStatement(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	in := input{r.Input}
	mode, err := in.capacityMode()
	if err != nil {
		return nil, err
	}
	st, err := readStatement(in)
	if err != nil {
		return nil, err
	}
	switch st.Kind {
	case partiql.Select:
		return s.executeSelect(r, in, st, mode)
	case partiql.Exists:
		return nil, validation("EXISTS is only supported in ExecuteTransaction")
	}
	e, err := s.editOf(r, st)
	if err != nil {
		return nil, err
	}
	e.onFailure = in.text("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
	f, err := s.editOne(r, e)
	if err != nil {
		return nil, duplicate(st, err)
	}
	out := object(`{"Items":[`)
	if item := e.returned(f); len(item) > 0 {
		out = item.Append(out)
	}
	out = append(out, ']')
	if mode != "" {
		u := usage{table: e.named}
		u.wrote(e.indexes, f.old, f.new)
		out = u.append(out.member("ConsumedCapacity"), mode)
	}
	return answer(append(out, '}'))
}

// duplicate is the error of an INSERT whose item is there.
func duplicate(st *partiql.Statement, err error) error {
	var e *awswire.Error
	if st.Kind == partiql.Insert && errors.As(err, &e) && e.Code == "ConditionalCheckFailedException" {
		return &awswire.Error{Code: "DuplicateItemException", Message: "Duplicate primary key exists in table"}
	}
	return err
}

// returnings are the values of ReturnValues that RETURNING stands for.
var returnings = map[string]string{"ALL OLD": "ALL_OLD", "ALL NEW": "ALL_NEW", "MODIFIED OLD": "UPDATED_OLD", "MODIFIED NEW": "UPDATED_NEW", "": "NONE"}

// editOf is the change of an item that a statement stands for.
func (s *Service) editOf(r *awswire.Request, st *partiql.Statement) (*edit, error) {
	e := &edit{named: st.Table, returns: returnings[st.Returning]}
	t, err := s.lookup(r, st.Table)
	if err != nil {
		return nil, err
	}
	schema := t.schema
	exists := expression.Call("attribute_exists", expression.OfPath(expression.Named(schema[0].name)))
	switch st.Kind {
	case partiql.Insert:
		e.item = st.Item
		e.condition, err = expression.NewTest(expression.Join("NOT", exists))
		return e, err
	case partiql.Update:
		e.kind, e.changes = updateEdit, st.Changes
	case partiql.Delete:
		e.kind = deleteEdit
	default:
		e.kind = checkEdit
	}
	var rest *expression.Test
	if e.key, rest, err = keyOf(schema, st); err != nil {
		return nil, err
	}
	if e.kind == deleteEdit {
		e.condition = rest
		return e, nil
	}
	e.condition, err = expression.NewTest(exists)
	if err == nil && rest != nil {
		e.condition = e.condition.And(rest)
	}
	return e, err
}

// keyOf takes the key of one item out of the WHERE of a statement, and returns the rest of it.
func keyOf(schema schema, st *partiql.Statement) (attribute.Item, *expression.Test, error) {
	none := validation("Where clause does not contain a mandatory equality on all key attributes")
	if st.Where == nil {
		return nil, nil, none
	}
	tests, rest := st.Where.CutKeys(schema.has)
	var key attribute.Item
	for _, t := range tests {
		if t.Op != "=" {
			return nil, nil, none
		}
		key = key.With(t.Name, t.Values[0])
	}
	if len(key) != len(schema) {
		return nil, nil, none
	}
	return key, rest, nil
}

// readingOf is the query or the scan that a SELECT stands for.
func (s *Service) readingOf(r *awswire.Request, st *partiql.Statement) (*reading, error) {
	d := &reading{named: st.Table, indexName: st.Index, filter: st.Where, statement: true}
	t, err := s.lookup(r, st.Table)
	if err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	schema := t.schema
	if st.Index != "" {
		i := slices.IndexFunc(t.indexes, func(x *index) bool { return x.Name == st.Index })
		if i < 0 {
			return nil, validation("The table does not have the specified index")
		}
		schema = t.indexes[i].schema
		if err := filterable(t.indexes[i], st); err != nil {
			return nil, err
		}
	}
	if len(st.Columns) > 0 {
		d.parts = st.Columns
	}
	if st.Where != nil {
		d.useKeys(schema, st)
	}
	if len(st.OrderBy) > 0 {
		last := st.OrderBy[len(st.OrderBy)-1]
		if !d.query || !schema.has(last) {
			return nil, validation("Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.")
		}
		d.backwards = st.Descending
	}
	return d, nil
}

// useKeys makes a query of a scan whose WHERE has the hash key.
func (d *reading) useKeys(schema schema, st *partiql.Statement) {
	tests, rest := st.Where.CutKeys(schema.has)
	for _, t := range tests {
		for _, p := range schema {
			if t.Name == p.name && slices.ContainsFunc(t.Values, func(v attribute.Value) bool { return v.Kind != p.kind || v.Str == "" }) {
				return // nothing matches, which the scan finds out
			}
		}
		d.query = d.query || t.Name == schema[0].name && t.Op == "="
	}
	if d.query {
		d.tests, d.filter = tests, rest
	}
}

// filterable refuses a WHERE that asks for what an index does not have.
func filterable(x *index, st *partiql.Statement) error {
	if st.Where == nil || x.keeps == nil {
		return nil
	}
	if missing := x.lacks(st.Where.Names()); missing != nil {
		return invalidParameter("Secondary index %s does not project one or more filter attributes: %s", x.Name, bracketed(missing))
	}
	return nil
}

func (s *Service) executeSelect(r *awswire.Request, in input, st *partiql.Statement, mode string) (*awswire.Reply, error) {
	d, err := s.readingOf(r, st)
	if err != nil {
		return nil, err
	}
	d.mode, d.consistent = mode, in.truth("ConsistentRead")
	if err := d.readLimit(in); err != nil {
		return nil, err
	}
	if token := in.text("NextToken"); token != "" {
		if d.start, err = readToken(token); err != nil {
			return nil, err
		}
	}
	p, err := s.readPage(r, d)
	if err != nil {
		return nil, err
	}
	out := append(append(object(`{"Items":[`), p.items...), ']')
	if p.last != nil {
		out = p.last.Append(object(out).member("LastEvaluatedKey"))
		out = value.AppendQuoted(object(out).member("NextToken"), makeToken(p.last))
	}
	if mode != "" {
		out = d.usage(p).append(object(out).member("ConsumedCapacity"), mode)
	}
	return answer(append(out, '}'))
}

func makeToken(last attribute.Item) string {
	return base64.StdEncoding.EncodeToString(last.Encode())
}

func readToken(token string) (attribute.Item, error) {
	stored, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return nil, validation("Invalid NextToken")
	}
	item, err := attribute.Decode(stored)
	if err != nil {
		return nil, validation("Invalid NextToken")
	}
	return item, nil
}

// columnsOf are the columns of a SELECT: each under the last name of its path.
func columnsOf(paths expression.Paths, item attribute.Item) attribute.Item {
	var fields []attribute.Field
	for _, p := range paths {
		v := p.In(item)
		if v.Kind == attribute.Absent {
			continue
		}
		name := p[0].Name
		for _, step := range p[1:] {
			if step.Index < 0 {
				name = step.Name
			} else {
				name += "[" + strconv.Itoa(step.Index) + "]"
			}
		}
		fields = append(fields, attribute.Field{Name: name, Value: v})
	}
	return attribute.Sorted(fields)
}

// statements reads the statements of a batch or a transaction, which all read or all write.
func (in input) statements(member string, most int, mixed string) ([]*partiql.Statement, []error, error) {
	elems := in.get(member).Elems()
	path := strings.ToLower(member[:1]) + member[1:]
	switch {
	case len(elems) == 0:
		return nil, nil, constraint("[]", path, "Member must have length greater than or equal to 1")
	case len(elems) > most:
		return nil, nil, constraint("["+strings.Repeat("Statement, ", len(elems)-1)+"Statement]", path, "Member must have length less than or equal to "+strconv.Itoa(most))
	}
	all, errs := make([]*partiql.Statement, len(elems)), make([]error, len(elems))
	reads, writes := 0, 0
	for i, e := range elems {
		all[i], errs[i] = readStatement(input{e})
		switch {
		case errs[i] != nil:
		case all[i].Kind == partiql.Select:
			reads++
		default:
			writes++
		}
	}
	if reads > 0 && writes > 0 {
		return nil, nil, validation("%s", mixed)
	}
	return all, errs, nil
}

// batchCodes are the codes of errors in the answers of a batch.
var batchCodes = map[string]string{
	"ValidationException": "ValidationError", "ResourceNotFoundException": "ResourceNotFound", "DuplicateItemException": "DuplicateItem",
	"ConditionalCheckFailedException": "ConditionalCheckFailed", "SerializationException": "ValidationError",
}

func (s *Service) batchExecuteStatement(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	in := input{r.Input}
	mode, err := in.capacityMode()
	if err != nil {
		return nil, err
	}
	all, errs, err := in.statements("Statements", maxStatements, "Batch statements must be either all reads or all writes")
	if err != nil {
		return nil, err
	}
	out := object(`{"Responses":[`)
	var used usages
	for i, st := range all {
		if i > 0 {
			out = append(out, ',')
		}
		one := object{'{'}
		if errs[i] == nil {
			one, errs[i] = s.executeOne(r, input{in.get("Statements").Elems()[i]}, st, one, &used)
		}
		if errs[i] != nil {
			if one, err = appendFailure(object{'{'}, errs[i]); err != nil {
				return nil, err
			}
		}
		if st != nil {
			one = value.AppendQuoted(one.member("TableName"), st.Table)
		}
		out = append(append(out, one...), '}')
	}
	out = append(out, ']')
	if mode != "" {
		out = used.append(append(out, ','), mode)
	}
	return answer(append(out, '}'))
}

func appendFailure(out object, failure error) (object, error) {
	var e *awswire.Error
	if !errors.As(failure, &e) || batchCodes[e.Code] == "" {
		return nil, failure
	}
	for _, m := range e.Extra {
		out = m.Value.AppendCompact(out.member(m.Key))
	}
	failed := value.NewObject([]value.Member{{Key: "Code", Value: value.FromString(batchCodes[e.Code])}, {Key: "Message", Value: value.FromString(e.Message)}})
	return failed.AppendCompact(out.member("Error")), nil
}

// executeOne carries out one statement of a batch.
func (s *Service) executeOne(r *awswire.Request, in input, st *partiql.Statement, out object, used *usages) (object, error) {
	if st.Kind == partiql.Select {
		return s.selectOne(r, in, st, out, used)
	}
	e, err := s.editOf(r, st)
	if err != nil {
		return nil, err
	}
	e.onFailure = in.text("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
	f, err := s.editOne(r, e)
	if err != nil {
		return nil, duplicate(st, err)
	}
	used.of(st.Table).wrote(e.indexes, f.old, f.new)
	if item := e.returned(f); len(item) > 0 {
		out = item.Append(out.member("Item"))
	}
	return out, nil
}

func (s *Service) selectOne(r *awswire.Request, in input, st *partiql.Statement, out object, used *usages) (object, error) {
	item, err := s.lookAt(r, st, "Select statements within BatchExecuteStatement must specify the primary key in the where clause.")
	if err != nil {
		return nil, err
	}
	used.of(st.Table).units += readUnits(item.Size(), in.truth("ConsistentRead"))
	if item != nil {
		out = shown(st, item).Append(out.member("Item"))
	}
	return out, nil
}

// lookAt reads the one item that a SELECT names by its key.
func (s *Service) lookAt(r *awswire.Request, st *partiql.Statement, noKey string) (attribute.Item, error) {
	t, err := s.lookup(r, st.Table)
	if err != nil {
		return nil, err
	}
	key, rest, err := keyOf(t.schema, st)
	if err != nil || st.Index != "" {
		return nil, validation("%s", noKey)
	}
	item, err := s.findItem(t, key)
	if err != nil || item == nil || !rest.Holds(item) {
		return nil, err
	}
	return item, nil
}

func shown(st *partiql.Statement, item attribute.Item) attribute.Item {
	if st.Columns == nil {
		return item
	}
	return columnsOf(st.Columns, item)
}

func (s *Service) executeTransaction(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	in := input{r.Input}
	mode, err := in.capacityMode()
	if err != nil {
		return nil, err
	}
	all, errs, err := in.statements("TransactStatements", maxActions, "Transaction statements must be either all reads or all writes")
	if err != nil {
		return nil, err
	}
	for i, st := range all {
		why := ""
		switch {
		case errs[i] != nil:
			why = errorMessage(errs[i])
		case st.Returning != "":
			why = "RETURNING clause is not supported in ExecuteTransaction."
		case st.Index != "":
			why = "Reads on indices are not supported within transactions."
		}
		if why != "" {
			return nil, validation("Validation failed in TransactStatements[%d]: %s", i, why)
		}
	}
	if all[0].Kind == partiql.Select {
		return s.transactReads(r, all, mode)
	}
	return s.transactWrites(r, in, all, mode)
}

func (s *Service) transactReads(r *awswire.Request, all []*partiql.Statement, mode string) (*awswire.Reply, error) {
	looks, edits := make([]*look, len(all)), make([]*edit, len(all))
	for i, st := range all {
		t, err := s.lookup(r, st.Table)
		if err != nil {
			return nil, err
		}
		key, rest, err := keyOf(t.schema, st)
		if err != nil {
			return nil, err
		}
		looks[i] = &look{named: st.Table, key: key, columns: st.Columns, filter: rest}
		edits[i] = &edit{named: st.Table}
	}
	return s.answerLooks(r, looks, edits, mode)
}

func (s *Service) transactWrites(r *awswire.Request, in input, all []*partiql.Statement, mode string) (*awswire.Reply, error) {
	tx := &transaction{token: in.text("ClientRequestToken"), asked: in.get("TransactStatements").Compact(), statements: all}
	for i, st := range all {
		e, err := s.editOf(r, st)
		if err != nil {
			return nil, err
		}
		e.onFailure = input{in.get("TransactStatements").Elems()[i]}.text("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
		tx.edits = append(tx.edits, e)
	}
	if err := s.transact(r, tx); err != nil {
		return nil, err
	}
	out := append(object(`{"Responses":[`), strings.TrimSuffix(strings.Repeat("{},", len(all)), ",")...)
	out = append(out, ']')
	if mode != "" {
		out = tx.usages().append(append(out, ','), mode)
	}
	return answer(append(out, '}'))
}

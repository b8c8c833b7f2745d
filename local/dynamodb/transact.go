package dynamodb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/dynamodb/expression"
	"github.com/statelark/statelark/local/dynamodb/partiql"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

const (
	maxActions          = 100
	maxTransactionBytes = 4 << 20
	tokenSeconds        = 600 // in which a transaction with the same token is done once
	maxTokenChars       = 36
	// forgetEach is how many old tokens a transaction removes: more than it makes.
	forgetEach = 4
)

// tokenRecord is a transaction that was done.
type tokenRecord struct {
	Hash    string `json:"hash"` // of what it asked for
	Expires int64  `json:"expires"`
}

// reason says why an action of a transaction was not done.
type reason struct {
	code    string // "": None
	message string
	item    attribute.Item
}

// reasonOf is the reason that an error makes; ok is false for those that are answers of their own.
func reasonOf(err error) (reason, bool) {
	var e *awswire.Error
	if !errors.As(err, &e) {
		return reason{}, false
	}
	switch {
	case e.Code == "ConditionalCheckFailedException":
		return reason{code: "ConditionalCheckFailed", message: e.Message}, true
	case e.Code == "ValidationException" && e.Message != itemTooLarge && !strings.HasPrefix(e.Message, "One or more parameter values are not valid."):
		return reason{code: "ValidationError", message: e.Message}, true
	case e.Code == "DuplicateItemException":
		return reason{code: "DuplicateItem", message: e.Message}, true
	}
	return reason{}, false
}

// cancelled is the error of a transaction that was not done; nil when there is no reason.
func cancelled(reasons []reason) error {
	codes := make([]string, len(reasons))
	list := make([]value.Value, len(reasons))
	failed := false
	for i, why := range reasons {
		codes[i] = "None"
		members := []value.Member{}
		if why.code != "" {
			codes[i], failed = why.code, true
			if why.item != nil {
				members = append(members, itemMember("Item", why.item)...)
			}
		}
		members = append(members, value.Member{Key: "Code", Value: value.FromString(codes[i])})
		if why.message != "" {
			members = append(members, value.Member{Key: "Message", Value: value.FromString(why.message)})
		}
		list[i] = value.NewObject(members)
	}
	if !failed {
		return nil
	}
	return &awswire.Error{
		Code:    "TransactionCanceledException",
		Message: "Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(codes, ", ") + "]",
		Extra:   []value.Member{{Key: "CancellationReasons", Value: value.NewArray(list)}},
	}
}

// elements returns the actions of a transaction.
func (in input) elements() ([]value.Value, error) {
	v := in.get("TransactItems")
	elems := v.Elems()
	switch {
	case !v.Exists():
		return nil, missing("transactItems")
	case len(elems) == 0:
		return nil, constraint("[]", "transactItems", "Member must have length greater than or equal to 1")
	case len(elems) > maxActions:
		return nil, constraint("["+strings.Repeat("TransactItem, ", len(elems)-1)+"TransactItem]", "transactItems", "Member must have length less than or equal to 100")
	}
	return elems, nil
}

func (s *Service) transactGetItems(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	in := input{r.Input}
	mode, err := in.capacityMode()
	if err != nil {
		return nil, err
	}
	elems, err := in.elements()
	if err != nil {
		return nil, err
	}
	looks := make([]*look, len(elems))
	tables := make([]*edit, len(elems)) // for their tables alone
	for i, e := range elems {
		get := input{e}.get("Get")
		if !get.Exists() {
			return nil, missing("transactItems.1.member.get")
		}
		if looks[i], err = (input{get}).readLook(); err != nil {
			return nil, err
		}
		tables[i] = &edit{named: looks[i].named}
	}
	return s.answerLooks(r, looks, tables, mode)
}

func (s *Service) answerLooks(r *awswire.Request, looks []*look, edits []*edit, mode string) (*awswire.Reply, error) {
	tables, err := s.tablesOf(r, edits)
	if err != nil {
		return nil, err
	}
	for i, l := range looks {
		edits[i].stored = nil
		if t := edits[i].table; t.schema.matches(l.key) && len(l.key) == len(t.schema) {
			edits[i].stored = t.schema.append(nil, l.key)
		}
	}
	if err := noTwice(edits, "Transaction request cannot include multiple operations on one item"); err != nil {
		return nil, err
	}
	items, err := s.lookAll(looks, edits, tables)
	if err != nil {
		return nil, err
	}
	out := object(`{"Responses":[`)
	var used usages
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		one := object{'{'}
		if item != nil && looks[i].filter.Holds(item) {
			one = looks[i].of(item).Append(one.member("Item"))
		}
		out = append(append(out, one...), '}')
		u := used.of(looks[i].named)
		u.transact = true
		u.units += 2 * readUnits(item.Size(), true)
	}
	out = append(out, ']')
	if mode != "" {
		out = used.append(append(out, ','), mode)
	}
	return answer(append(out, '}'))
}

// lookAll reads items as they all are at one time.
func (s *Service) lookAll(looks []*look, edits []*edit, tables []*table) ([]attribute.Item, error) {
	defer lockAll(tables)()
	reasons := make([]reason, len(looks))
	items := make([]attribute.Item, len(looks))
	for i, l := range looks {
		t := edits[i].table
		if t.gone {
			return nil, notFound()
		}
		if err := t.schema.ofKey(l.key); err != nil {
			why, ok := reasonOf(err)
			if !ok {
				return nil, err
			}
			reasons[i] = why
			continue
		}
		var err error
		if items[i], err = s.item(t.record.Number, t.schema.append(nil, l.key)); err != nil {
			return nil, err
		}
	}
	return items, cancelled(reasons)
}

var actionKinds = map[string]editKind{"Put": putEdit, "Update": updateEdit, "Delete": deleteEdit, "ConditionCheck": checkEdit}

func readAction(doc value.Value) (*edit, error) {
	var e *edit
	for _, m := range doc.Members() {
		kind, ok := actionKinds[m.Key]
		if !ok || m.Value.IsNull() {
			continue
		}
		if e != nil {
			return nil, validation("TransactItems can only contain one of Check, Put, Update or Delete")
		}
		in := input{m.Value}
		var err error
		if e, err = in.readEdit(kind); err != nil {
			return nil, err
		}
		switch {
		case kind == updateEdit && e.changes == nil:
			return nil, missing("transactItems.1.member.update.updateExpression")
		case kind == checkEdit && e.condition == nil:
			return nil, missing("transactItems.1.member.conditionCheck.conditionExpression")
		}
	}
	if e == nil {
		return nil, validation("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
	}
	return e, nil
}

func (s *Service) transactWriteItems(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	in := input{r.Input}
	mode, err := in.capacityMode()
	if err != nil {
		return nil, err
	}
	metrics, err := in.collectionMetrics()
	if err != nil {
		return nil, err
	}
	elems, err := in.elements()
	if err != nil {
		return nil, err
	}
	edits := make([]*edit, len(elems))
	for i, e := range elems {
		if edits[i], err = readAction(e); err != nil {
			return nil, err
		}
	}
	token := in.text("ClientRequestToken")
	if len(token) > maxTokenChars {
		return nil, constraint(token, "clientRequestToken", "Member must have length less than or equal to 36")
	}
	tx := &transaction{edits: edits, token: token, asked: in.get("TransactItems").Compact()}
	if err := s.transact(r, tx); err != nil {
		return nil, err
	}
	return tx.answer(mode, metrics)
}

// transaction is some edits that all happen, or none.
type transaction struct {
	edits   []*edit
	effects []*effect
	token   string // "": none
	asked   string
	again   bool // it was done before

	statements []*partiql.Statement // that the edits come from; nil: none
}

func (s *Service) transact(r *awswire.Request, tx *transaction) error {
	tables, err := s.tablesOf(r, tx.edits)
	if err != nil {
		return err
	}
	defer lockAll(tables)()
	c := new(commit)
	if tx.token != "" {
		if tx.again, err = s.useToken(r, tx, &c.batch); err != nil {
			return err
		}
	}
	reasons, err := s.performActions(tx, c)
	if err != nil || tx.again {
		return err
	}
	if err := cancelled(reasons); err != nil {
		return err
	}
	return c.apply(s.store)
}

// performActions adds all edits to a commit, and returns why some of them cannot be. One that was done is only looked at.
func (s *Service) performActions(tx *transaction, c *commit) ([]reason, error) {
	reasons := make([]reason, len(tx.edits))
	tx.effects = make([]*effect, len(tx.edits))
	fail := func(i int, err error) error {
		why, ok := reasonOf(err)
		if !ok {
			return err
		}
		var e *awswire.Error
		if errors.As(err, &e) && len(e.Extra) > 0 {
			why.item, _ = attribute.ParseItem(e.Extra[0].Value)
		}
		reasons[i] = why
		return nil
	}
	for i, e := range tx.edits {
		if err := e.check(); err != nil {
			if err := fail(i, err); err != nil {
				return nil, err
			}
		}
	}
	if err := noTwice(tx.edits, "Transaction request cannot include multiple operations on one item"); err != nil {
		return nil, err
	}
	bytes := 0
	for i, e := range tx.edits {
		if reasons[i].code != "" {
			continue
		}
		f, err := tx.perform(s, e, c)
		if err != nil && tx.statements != nil {
			err = duplicate(tx.statements[i], err)
		}
		if err != nil {
			if err := fail(i, err); err != nil {
				return nil, err
			}
			continue
		}
		tx.effects[i] = f
		bytes += max(f.old.Size(), f.new.Size())
	}
	if bytes > maxTransactionBytes {
		return nil, validation("Collection size of items in transaction exceeded the limit of 4 MB")
	}
	return reasons, nil
}

func (tx *transaction) perform(s *Service, e *edit, c *commit) (*effect, error) {
	if !tx.again {
		return e.perform(s, c)
	}
	item, err := s.item(e.table.record.Number, e.stored)
	return &effect{key: e.key, old: item, new: item, targets: expression.Paths{}}, err
}

// useToken notes the token of a transaction, and reports whether the transaction was done before. Tokens that are old are
// removed, a few at a time.
func (s *Service) useToken(r *awswire.Request, tx *transaction, b *kv.Batch) (again bool, err error) {
	key := append(placeKey(tokenPrefix, r.Place), tx.token...)
	sum := sha256.Sum256([]byte(tx.asked))
	hash, now := hex.EncodeToString(sum[:]), s.now().Unix()
	stored, err := s.store.Get(key)
	if err != nil {
		return false, err
	}
	if stored != nil {
		var old tokenRecord
		if err := decodeRecord(stored, &old); err != nil {
			return false, err
		}
		switch {
		case old.Expires <= now:
			b.Delete(append(forgetKey(old.Expires), key...))
		case old.Hash != hash:
			return false, &awswire.Error{Code: "IdempotentParameterMismatchException", Message: "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical"}
		default:
			return true, nil
		}
	}
	next, err := encodeRecord(tokenRecord{hash, now + tokenSeconds})
	if err != nil {
		return false, err
	}
	if err := s.forget(now, b); err != nil {
		return false, err
	}
	b.Set(key, next)
	b.Set(append(forgetKey(now+tokenSeconds), key...), nil)
	return false, nil
}

func (s *Service) forget(now int64, b *kv.Batch) error {
	n := 0
	for pair, err := range s.store.Scan([]byte{forgetPrefix}, forgetKey(now), false) {
		if err != nil {
			return err
		}
		if n++; n > forgetEach {
			break
		}
		key := append([]byte{}, pair.Key...)
		b.Delete(key)
		b.Delete(key[len(forgetKey(0)):])
	}
	return nil
}

func (tx *transaction) answer(mode string, metrics bool) (*awswire.Reply, error) {
	out := object{'{'}
	if metrics {
		out = appendCollections(out.member("ItemCollectionMetrics"), tx.edits, tx.effects)
	}
	if mode != "" {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = tx.usages().append(out, mode)
	}
	return answer(append(out, '}'))
}

// usages are what the transaction used, or looking at it again.
func (tx *transaction) usages() usages {
	var used usages
	for i, e := range tx.edits {
		u := used.of(e.named)
		if tx.again {
			u.units += readUnits(tx.effects[i].old.Size(), true)
		} else {
			u.wrote(e.indexes, tx.effects[i].old, tx.effects[i].new)
		}
	}
	for _, u := range used {
		u.double()
	}
	return used
}

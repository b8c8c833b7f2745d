package dynamodb

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
)

// newID makes the form of a UUID of chance.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

type tableOutput struct{ TableDescription *description }

func (s *Service) createTable(_ context.Context, r *awswire.Request, in *createTableInput) (*tableOutput, error) {
	record, err := in.record()
	if err != nil {
		return nil, err
	}
	now := s.now()
	record.ID, record.Created = newID(), now.UnixMilli()
	if record.OnDemand {
		record.OnDemandSince = record.Created
	}
	if in.StreamSpecification != nil {
		if err := in.StreamSpecification.check(); err != nil {
			return nil, err
		}
		record.setStream(in.StreamSpecification, now)
	}
	if in.ResourcePolicy != nil {
		if err := record.Policy.put(*in.ResourcePolicy, record.Created); err != nil {
			return nil, err
		}
	}
	if in.SSESpecification != nil {
		record.setSSE(r.Place, in.SSESpecification)
	}
	t, err := s.create(r.Place, record)
	if err != nil {
		return nil, err
	}
	d := t.describe(r.Place)
	d.TableStatus = "CREATING"
	d.created()
	return &tableOutput{d}, nil
}

// create stores a table.
func (s *Service) create(at arn.Place, record *tableRecord) (*table, error) {
	key := tableKey(at, record.Name)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch there, err := s.load(key); {
	case err != nil:
		return nil, err
	case there != nil:
		return nil, inUse("Table already exists: " + record.Name)
	}
	last, err := s.store.Get([]byte(lastTableKey))
	if err != nil {
		return nil, err
	}
	record.Number = 1
	if len(last) == 8 {
		record.Number += binary.BigEndian.Uint64(last)
	}
	stored, err := encodeRecord(record)
	if err != nil {
		return nil, err
	}
	var b kv.Batch
	b.Set([]byte(lastTableKey), binary.BigEndian.AppendUint64(nil, record.Number))
	b.Set(key, stored)
	if err := s.store.Apply(&b); err != nil {
		return nil, err
	}
	t := newTable(key, record)
	s.tables[string(key)] = t
	return t, nil
}

func (r *tableRecord) setStream(in *streamSpecification, now time.Time) {
	r.StreamOn, r.StreamView = in.StreamEnabled, in.StreamViewType
	if r.StreamOn {
		r.StreamLabel = now.UTC().Format("2006-01-02T15:04:05.000")
	}
}

// setSSE gives the table a key of KMS, or takes it away.
func (r *tableRecord) setSSE(at arn.Place, in *sseSpecification) {
	if in.Enabled == nil || !*in.Enabled {
		r.KMSKey = ""
		return
	}
	switch id := in.KMSMasterKeyID; {
	case strings.HasPrefix(id, "arn:"):
		r.KMSKey = id
	case id != "" && !strings.HasPrefix(id, "alias/"):
		r.KMSKey = at.ARN("kms", "key/"+id)
	case r.KMSKey == "":
		r.KMSKey = at.ARN("kms", "key/"+newID())
	}
}

type tableInput struct{ TableName string }

// named returns the table of an operation on tables.
func (s *Service) named(at arn.Place, named string) (*table, error) {
	if named == "" {
		return nil, missing("tableName")
	}
	name, err := tableName(at, named)
	if err != nil {
		return nil, err
	}
	t, err := s.find(at, name)
	if err == nil && t == nil {
		err = tableNotFound(name)
	}
	return t, err
}

type describeTableOutput struct{ Table *description }

func (s *Service) describeTable(_ context.Context, r *awswire.Request, in *tableInput) (*describeTableOutput, error) {
	t, err := s.named(r.Place, in.TableName)
	if err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.gone {
		return nil, tableNotFound(t.record.Name)
	}
	return &describeTableOutput{t.describe(r.Place)}, nil
}

type listTablesInput struct {
	ExclusiveStartTableName string
	Limit                   *int
}

type listTablesOutput struct {
	TableNames             []string
	LastEvaluatedTableName string `json:",omitempty"`
}

const maxListed = 100

func (s *Service) listTables(_ context.Context, r *awswire.Request, in *listTablesInput) (*listTablesOutput, error) {
	limit := maxListed
	if in.Limit != nil {
		limit = *in.Limit
		if limit < 1 {
			return nil, constraint(fmt.Sprint(limit), "limit", "Member must have value greater than or equal to 1")
		}
		if limit > maxListed {
			return nil, constraint(fmt.Sprint(limit), "limit", "Member must have value less than or equal to 100")
		}
	}
	prefix := placeKey(tablePrefix, r.Place)
	lower := prefix
	if in.ExclusiveStartTableName != "" {
		lower = append(tableKey(r.Place, in.ExclusiveStartTableName), 0)
	}
	out := &listTablesOutput{TableNames: []string{}}
	for pair, err := range s.store.Scan(lower, kv.After(prefix), false) {
		if err != nil {
			return nil, err
		}
		if len(out.TableNames) == limit {
			out.LastEvaluatedTableName = out.TableNames[limit-1]
			break
		}
		out.TableNames = append(out.TableNames, string(pair.Key[len(prefix):]))
	}
	return out, nil
}

func (s *Service) deleteTable(_ context.Context, r *awswire.Request, in *tableInput) (*tableOutput, error) {
	t, err := s.named(r.Place, in.TableName)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.gone:
		return nil, tableNotFound(t.record.Name)
	case t.record.Protected:
		return nil, validation("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	case t.record.isReplica(r.Place.Region):
		return s.deleteHere(r.Place, t)
	case len(t.record.Replicas) > 0:
		return nil, validation("Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last 24 hours.")
	}
	var b kv.Batch
	b.Delete(t.key)
	b.Delete(numbered(statsPrefix, t.record.Number))
	for _, prefix := range []byte{itemPrefix, indexPrefix, expiryPrefix} {
		all := numbered(prefix, t.record.Number)
		b.DeleteRange(all, kv.After(all))
	}
	if err := s.store.Apply(&b); err != nil {
		return nil, err
	}
	t.gone = true
	s.mu.Lock()
	delete(s.tables, string(t.key))
	s.mu.Unlock()
	return &tableOutput{t.deleting(r.Place)}, nil
}

// deleteHere takes a table away from one region, in which it is a replica. It is locked.
func (s *Service) deleteHere(at arn.Place, t *table) (*tableOutput, error) {
	d := t.deleting(at)
	next := *t.record
	next.Replicas = slices.Clone(next.Replicas)
	if err := s.deleteReplica(at, at.Region, &next); err != nil {
		return nil, err
	}
	return &tableOutput{d}, s.save(t, &next)
}

// alter changes the record of a table. change gets a copy, and what it refuses is not stored.
func (s *Service) alter(at arn.Place, named string, change func(*table, *tableRecord) error) (*table, error) {
	t, err := s.named(at, named)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone {
		return nil, tableNotFound(t.record.Name)
	}
	next := *t.record
	next.Indexes, next.Tags, next.Attributes = slices.Clone(next.Indexes), slices.Clone(next.Tags), slices.Clone(next.Attributes)
	if err := change(t, &next); err != nil {
		return nil, err
	}
	return t, s.save(t, &next)
}

// save stores the next record of a table, which is locked.
func (s *Service) save(t *table, next *tableRecord) error {
	stored, err := encodeRecord(next)
	if err != nil {
		return err
	}
	var b kv.Batch
	b.Set(t.key, stored)
	if err := s.store.Apply(&b); err != nil {
		return err
	}
	t.set(next)
	return nil
}

// operation makes an operation of a function over structs.
func operation[In, Out any](do func(context.Context, *awswire.Request, *In) (*Out, error)) local.Operation {
	return local.Op(do)
}

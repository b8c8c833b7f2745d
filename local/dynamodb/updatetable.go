package dynamodb

import (
	"context"
	"slices"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/kv"
)

type updateTableInput struct {
	TableName                   string
	AttributeDefinitions        []attributeDefinition
	BillingMode                 string
	ProvisionedThroughput       *throughput
	OnDemandThroughput          *onDemandThroughput
	GlobalSecondaryIndexUpdates []indexUpdate
	StreamSpecification         *streamSpecification
	SSESpecification            *sseSpecification
	TableClass                  string
	DeletionProtectionEnabled   *bool
	ReplicaUpdates              []replicaUpdate
	WarmThroughput              *warmThroughput
}

type indexUpdate struct {
	Create *indexDefinition
	Update *indexDefinition
	Delete *struct{ IndexName string }
}

func (in *updateTableInput) check() error {
	if in.ProvisionedThroughput == nil && in.BillingMode == "" && in.GlobalSecondaryIndexUpdates == nil && in.StreamSpecification == nil &&
		in.SSESpecification == nil && in.TableClass == "" && in.DeletionProtectionEnabled == nil && in.OnDemandThroughput == nil && in.WarmThroughput == nil &&
		in.ReplicaUpdates == nil {
		return validation("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	}
	if in.BillingMode == "PAY_PER_REQUEST" && in.ProvisionedThroughput != nil {
		return invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	}
	if in.StreamSpecification != nil {
		if err := in.StreamSpecification.check(); err != nil {
			return err
		}
	}
	if err := oneOf(in.BillingMode, "billingMode", "PROVISIONED", "PAY_PER_REQUEST", ""); err != nil {
		return err
	}
	return oneOf(in.TableClass, "tableClass", "STANDARD", "STANDARD_INFREQUENT_ACCESS", "")
}

func (s *Service) updateTable(_ context.Context, r *awswire.Request, in *updateTableInput) (*tableOutput, error) {
	if in.TableName == "" {
		return nil, missing("tableName")
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	var d *description
	_, err := s.alter(r.Place, in.TableName, func(t *table, next *tableRecord) error {
		before := t.describe(r.Place)
		if err := in.apply(s, r, t, next); err != nil {
			return err
		}
		after := newTable(t.key, next)
		after.stats = t.stats
		d = after.describe(r.Place)
		in.underWay(d, before)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &tableOutput{d}, nil
}

// underWay makes d the answer while the update is not done.
func (in *updateTableInput) underWay(d, before *description) {
	d.TableStatus = "UPDATING"
	if in.DeletionProtectionEnabled != nil && in.ProvisionedThroughput == nil && in.BillingMode == "" && in.GlobalSecondaryIndexUpdates == nil &&
		in.StreamSpecification == nil && in.SSESpecification == nil && in.TableClass == "" && in.WarmThroughput == nil &&
		in.ReplicaUpdates == nil {
		d.TableStatus = "ACTIVE"
	}
	for _, u := range in.ReplicaUpdates {
		for i := range d.Replicas {
			if u.Create != nil && u.Create.RegionName == d.Replicas[i].RegionName {
				d.Replicas[i].ReplicaStatus = "CREATING"
			}
		}
		if u.Delete != nil {
			d.Replicas = append(d.Replicas, replicaDescription{u.Delete.RegionName, "DELETING"})
		}
	}
	if in.WarmThroughput != nil {
		d.WarmThroughput.Status = "UPDATING"
	}
	if in.ProvisionedThroughput != nil && in.BillingMode == "" {
		d.ProvisionedThroughput.ReadCapacityUnits = before.ProvisionedThroughput.ReadCapacityUnits
		d.ProvisionedThroughput.WriteCapacityUnits = before.ProvisionedThroughput.WriteCapacityUnits
	}
	if in.SSESpecification != nil {
		if d.SSEDescription == nil {
			d.SSEDescription = before.SSEDescription
		}
		if d.SSEDescription != nil {
			d.SSEDescription.Status = "UPDATING"
		}
	}
	for i := range d.GlobalSecondaryIndexes {
		x := &d.GlobalSecondaryIndexes[i]
		for _, u := range in.GlobalSecondaryIndexUpdates {
			if u.Create != nil && u.Create.IndexName == x.IndexName {
				backfilling := false
				x.IndexStatus, x.Backfilling, x.ItemCount, x.IndexSizeBytes = "CREATING", &backfilling, 0, 0
			}
			if u.Update != nil && u.Update.IndexName == x.IndexName {
				x.IndexStatus = "UPDATING"
			}
		}
	}
	for _, x := range before.GlobalSecondaryIndexes {
		if slices.ContainsFunc(in.GlobalSecondaryIndexUpdates, func(u indexUpdate) bool { return u.Delete != nil && u.Delete.IndexName == x.IndexName }) {
			x.IndexStatus = "DELETING"
			d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, x)
		}
	}
}

// apply changes the next record of a table.
func (in *updateTableInput) apply(s *Service, r *awswire.Request, t *table, next *tableRecord) error {
	now := s.now().UnixMilli()
	if err := in.applyThroughput(next, now); err != nil {
		return err
	}
	if err := in.applyStream(next, s); err != nil {
		return err
	}
	if in.SSESpecification != nil {
		if in.SSESpecification.Enabled != nil && !*in.SSESpecification.Enabled && next.KMSKey == "" {
			return invalidParameter("Table is already encrypted by default")
		}
		next.setSSE(r.Place, in.SSESpecification)
	}
	if in.TableClass != "" {
		next.Class, next.ClassSince = in.TableClass, now
	}
	next.setWarm(in.WarmThroughput)
	if in.DeletionProtectionEnabled != nil {
		next.Protected = *in.DeletionProtectionEnabled
	}
	if err := in.applyReplicas(s, r.Place, t, next); err != nil {
		return err
	}
	return in.applyIndexes(s, t, next)
}

func (in *updateTableInput) applyThroughput(next *tableRecord, now int64) error {
	if o := in.OnDemandThroughput; o != nil {
		next.MaxRead, next.MaxWrite = max(o.MaxReadRequestUnits, 0), max(o.MaxWriteRequestUnits, 0)
	}
	p := in.ProvisionedThroughput
	if in.BillingMode == "PAY_PER_REQUEST" {
		if !next.OnDemand {
			next.OnDemand, next.OnDemandSince, next.Read, next.Write = true, now, 0, 0
			for i := range next.Indexes {
				next.Indexes[i].Read, next.Indexes[i].Write = 0, 0
			}
		}
		return nil
	}
	switch {
	case in.BillingMode == "PROVISIONED" && next.OnDemand && p == nil:
		return invalidParameter("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
	case p == nil:
		return nil
	case next.OnDemand && in.BillingMode == "":
		return invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	}
	if err := p.check("provisionedThroughput"); err != nil {
		return err
	}
	if !next.OnDemand && p.ReadCapacityUnits == next.Read && p.WriteCapacityUnits == next.Write && in.GlobalSecondaryIndexUpdates == nil {
		return validation("The provisioned throughput for the table will not change. The requested value equals the current value. "+
			"Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. "+
			"Current WriteCapacityUnits provisioned for the table: %d. Requested WriteCapacityUnits: %d. "+
			"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
			next.Read, p.ReadCapacityUnits, next.Write, p.WriteCapacityUnits)
	}
	if p.ReadCapacityUnits > next.Read || p.WriteCapacityUnits > next.Write {
		next.Increased = now
	}
	if p.ReadCapacityUnits < next.Read || p.WriteCapacityUnits < next.Write {
		next.Decreased = now
	}
	next.OnDemand, next.Read, next.Write = false, p.ReadCapacityUnits, p.WriteCapacityUnits
	return nil
}

func (in *updateTableInput) applyStream(next *tableRecord, s *Service) error {
	stream := in.StreamSpecification
	if stream == nil {
		return nil
	}
	if stream.StreamEnabled && next.StreamOn {
		return validation("Table already has an enabled stream: TableName: %s", next.Name)
	}
	if !stream.StreamEnabled && !next.StreamOn {
		return validation("Table has no stream to disable: TableName: %s", next.Name)
	}
	next.setStream(stream, s.now())
	return nil
}

func (in *updateTableInput) applyIndexes(s *Service, t *table, next *tableRecord) error {
	built := 0
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if u.Create != nil || u.Delete != nil {
			built++
		}
	}
	if built > 1 {
		return &awswire.Error{Code: "LimitExceededException", Message: "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"}
	}
	for _, u := range in.GlobalSecondaryIndexUpdates {
		var err error
		switch {
		case u.Create != nil:
			err = in.createIndex(s, t, next, u.Create)
		case u.Update != nil:
			err = updateIndex(next, u.Update)
		case u.Delete != nil:
			err = s.deleteIndex(t, next, u.Delete.IndexName)
		default:
			err = invalidParameter("One of GlobalSecondaryIndexUpdate's Create, Update and Delete must be specified")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (in *updateTableInput) createIndex(s *Service, t *table, next *tableRecord, def *indexDefinition) error {
	if err := checkDefinitions(in.AttributeDefinitions); err != nil {
		return err
	}
	for _, a := range in.AttributeDefinitions {
		if next.kindOf(a.AttributeName) == attribute.Absent {
			next.Attributes = append(next.Attributes, attributeRecord{a.AttributeName, a.AttributeType})
		}
	}
	var defined []attributeDefinition
	for _, a := range next.Attributes {
		defined = append(defined, attributeDefinition{a.Name, a.Type})
	}
	x, err := def.indexOf(defined, true, next.OnDemand)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(next.Indexes, func(o indexRecord) bool { return o.Name == x.Name }) {
		return validation("Attempting to create an index which already exists")
	}
	if err := next.addIndex(x); err != nil {
		return err
	}
	if err := next.checkIndexCounts(); err != nil {
		return err
	}
	return s.backfill(t, next, x.Name)
}

// backfillEntries is how many entries of an index one batch makes.
const backfillEntries = 1000

// backfill puts all items into a new index. An earlier try that a crash has ended left entries at most that are made again, or
// whose items are gone; they are removed first.
func (s *Service) backfill(t *table, next *tableRecord, name string) error {
	var x *index
	for _, y := range next.indexes() {
		if y.Name == name {
			x = y
		}
	}
	var b kv.Batch
	all := indexKey(next.Number, x.Number)
	b.DeleteRange(all, kv.After(all))
	items := numbered(itemPrefix, next.Number)
	for pair, err := range s.store.Scan(items, kv.After(items), false) {
		if err != nil {
			return err
		}
		item, err := attribute.Decode(pair.Value)
		if err != nil {
			return err
		}
		if key := x.keyOf(next.Number, item); key != nil {
			b.Set(append(key, pair.Key[len(items):]...), nil)
		}
		if b.Len() >= backfillEntries {
			if err := s.store.Apply(&b); err != nil {
				return err
			}
			b = kv.Batch{}
		}
	}
	return s.store.Apply(&b)
}

func noSuchIndex(name string) error {
	return &awswire.Error{Code: "ResourceNotFoundException", Message: "Requested resource not found: Index: " + name + " not found"}
}

func updateIndex(next *tableRecord, def *indexDefinition) error {
	i := slices.IndexFunc(next.Indexes, func(x indexRecord) bool { return x.Global && x.Name == def.IndexName })
	if i < 0 {
		return noSuchIndex(def.IndexName)
	}
	if p := def.ProvisionedThroughput; p != nil {
		if next.OnDemand {
			return invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
		}
		next.Indexes[i].Read, next.Indexes[i].Write = p.ReadCapacityUnits, p.WriteCapacityUnits
	}
	if o := def.OnDemandThroughput; o != nil {
		next.Indexes[i].MaxRead, next.Indexes[i].MaxWrite = max(o.MaxReadRequestUnits, 0), max(o.MaxWriteRequestUnits, 0)
	}
	return nil
}

func (s *Service) deleteIndex(t *table, next *tableRecord, name string) error {
	i := slices.IndexFunc(next.Indexes, func(x indexRecord) bool { return x.Global && x.Name == name })
	if i < 0 {
		return noSuchIndex(name)
	}
	x := next.Indexes[i]
	next.Indexes = slices.Delete(next.Indexes, i, i+1)
	used := map[string]bool{next.Hash: true, next.Range: true}
	for _, y := range next.Indexes {
		for _, name := range y.names() {
			used[name] = true
		}
	}
	next.Attributes = slices.DeleteFunc(next.Attributes, func(a attributeRecord) bool { return !used[a.Name] })
	// The record goes first: entries without an index are harmless, an index without entries is not.
	if err := s.save(t, next); err != nil {
		return err
	}
	var b kv.Batch
	all := indexKey(next.Number, x.Number)
	b.DeleteRange(all, kv.After(all))
	return s.store.Apply(&b)
}

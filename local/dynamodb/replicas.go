package dynamodb

import (
	"slices"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/kv"
)

// A table has replicas in other regions of its account: there, a record says where the table's own is. All share one set of items,
// so what is written in one region is seen in all at once.

type replicaUpdate struct {
	Create, Update, Delete *struct{ RegionName string }
}

type replicaDescription struct {
	RegionName    string
	ReplicaStatus string
}

const globalVersion = "2019.11.21"

// applyReplicas makes and removes replicas. The table is locked.
func (in *updateTableInput) applyReplicas(s *Service, at arn.Place, t *table, next *tableRecord) error {
	next.Replicas = slices.Clone(next.Replicas)
	for _, u := range in.ReplicaUpdates {
		var err error
		switch {
		case u.Create != nil:
			err = s.createReplica(at, u.Create.RegionName, t, next)
		case u.Delete != nil:
			err = s.deleteReplica(at, u.Delete.RegionName, next)
		case u.Update != nil:
			err = next.knowsReplica(u.Update.RegionName)
		default:
			err = invalidParameter("One of ReplicaUpdate's Create, Update and Delete must be specified")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) createReplica(at arn.Place, region string, t *table, next *tableRecord) error {
	if !arn.IsRegion(region) {
		return invalidParameter("Region %s is not a valid region", region)
	}
	key := tableKey(arn.Place{Region: region, Account: at.Account}, next.Name)
	s.mu.Lock()
	defer s.mu.Unlock()
	there, err := s.load(key)
	if err != nil {
		return err
	}
	if there != nil {
		return validation("Failed to create a the new replica of table with name: '%s' because one or more replicas already existed as tables.", next.Name)
	}
	stored, err := encodeRecord(&tableRecord{Name: next.Name, ReplicaOf: t.key})
	if err != nil {
		return err
	}
	var b kv.Batch
	b.Set(key, stored)
	if err := s.store.Apply(&b); err != nil {
		return err
	}
	s.tables[string(key)] = t
	if next.Home == "" {
		next.Home = at.Region
	}
	next.Replicas = append(next.Replicas, region)
	return nil
}

func (r *tableRecord) knowsReplica(region string) error {
	if !slices.Contains(r.Replicas, region) {
		return validation("Replica not found: table %s has no replica in region %s", r.Name, region)
	}
	return nil
}

// deleteReplica takes a table away from a region.
func (s *Service) deleteReplica(at arn.Place, region string, next *tableRecord) error {
	if err := next.knowsReplica(region); err != nil {
		return err
	}
	key := tableKey(arn.Place{Region: region, Account: at.Account}, next.Name)
	var b kv.Batch
	b.Delete(key)
	if err := s.store.Apply(&b); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.tables, string(key))
	s.mu.Unlock()
	next.Replicas = slices.DeleteFunc(next.Replicas, func(r string) bool { return r == region })
	return nil
}

// isReplica reports whether a region has a replica of the table, rather than the table itself.
func (r *tableRecord) isReplica(region string) bool { return slices.Contains(r.Replicas, region) }

// replicas are those that a region sees: all others.
func (r *tableRecord) replicas(region string) []replicaDescription {
	if len(r.Replicas) == 0 {
		return nil
	}
	var out []replicaDescription
	for _, name := range append([]string{r.Home}, r.Replicas...) {
		if name != region {
			out = append(out, replicaDescription{name, "ACTIVE"})
		}
	}
	return out
}

package dynamodb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/statelark/statelark/local/dynamodb/attribute"
)

// recordVersion is the first byte of what is stored in JSON.
const recordVersion = 1

// tableRecord is a table as it is stored. It is not changed once it is stored: a change makes a copy.
type tableRecord struct {
	Name       string            `json:"name"`
	Number     uint64            `json:"number"`
	ID         string            `json:"id"`
	Created    int64             `json:"created"` // milliseconds since 1970, as all times
	Attributes []attributeRecord `json:"attributes"`
	Hash       string            `json:"hash"`
	Range      string            `json:"range,omitempty"`
	Indexes    []indexRecord     `json:"indexes,omitempty"`
	LastIndex  uint16            `json:"lastIndex,omitempty"`

	OnDemand      bool   `json:"onDemand,omitempty"`
	OnDemandSince int64  `json:"onDemandSince,omitempty"`
	Read          int64  `json:"read,omitempty"` // capacity units
	Write         int64  `json:"write,omitempty"`
	Increased     int64  `json:"increased,omitempty"`
	Decreased     int64  `json:"decreased,omitempty"`
	Protected     bool   `json:"protected,omitempty"`
	Class         string `json:"class,omitempty"`
	ClassSince    int64  `json:"classSince,omitempty"`
	MaxRead       int64  `json:"maxRead,omitempty"` // on-demand throughput; 0: not set
	MaxWrite      int64  `json:"maxWrite,omitempty"`
	WarmRead      int64  `json:"warmRead,omitempty"` // warm throughput that was asked for
	WarmWrite     int64  `json:"warmWrite,omitempty"`
	KMSKey        string `json:"kmsKey,omitempty"` // ARN; "": the key is DynamoDB's own
	StreamView    string `json:"streamView,omitempty"`
	StreamLabel   string `json:"streamLabel,omitempty"`
	StreamOn      bool   `json:"streamOn,omitempty"`
	ExpiryName    string `json:"expiryName,omitempty"` // the attribute of the time to live; "": none
	Recovery      bool   `json:"recovery,omitempty"`   // point in time recovery
	RecoverySince int64  `json:"recoverySince,omitempty"`
	RecoveryDays  int64  `json:"recoveryDays,omitempty"`

	Home      string   `json:"home,omitempty"`      // region of this record, once there are replicas
	Replicas  []string `json:"replicas,omitempty"`  // regions
	ReplicaOf []byte   `json:"replicaOf,omitempty"` // key of the table's own record, of which this is a replica: all else is there

	Tags   []tagRecord  `json:"tags,omitempty"` // by key
	Policy policyRecord `json:"policy,omitzero"`
}

type attributeRecord struct {
	Name string `json:"name"`
	Type string `json:"type"` // S N B
}

type tagRecord struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type indexRecord struct {
	Name       string   `json:"name"`
	Number     uint16   `json:"number"`
	Global     bool     `json:"global,omitempty"`
	Hash       string   `json:"hash"`
	Range      string   `json:"range,omitempty"`
	MoreHash   []string `json:"moreHash,omitempty"` // attributes of the hash key after the first
	MoreRange  []string `json:"moreRange,omitempty"`
	Projection string   `json:"projection"` // ALL KEYS_ONLY INCLUDE
	Include    []string `json:"include,omitempty"`
	Read       int64    `json:"read,omitempty"`
	Write      int64    `json:"write,omitempty"`
	WarmRead   int64    `json:"warmRead,omitempty"`
	WarmWrite  int64    `json:"warmWrite,omitempty"`
	MaxRead    int64    `json:"maxRead,omitempty"`
	MaxWrite   int64    `json:"maxWrite,omitempty"`
}

func encodeRecord(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding a record: %w", err)
	}
	return append([]byte{recordVersion}, text...), nil
}

func decodeRecord(stored []byte, v any) error {
	if len(stored) == 0 || stored[0] != recordVersion {
		return fmt.Errorf("a stored record is of a later version, or damaged")
	}
	if err := json.Unmarshal(stored[1:], v); err != nil {
		return fmt.Errorf("decoding a record: %w", err)
	}
	return nil
}

// keyPart is an attribute of a key.
type keyPart struct {
	name string
	kind attribute.Kind
}

// schema is the key of a table or an index: its hash key, and its range key if it has one. Of an index, each can be several.
type schema []keyPart

func (r *tableRecord) schemaOf(names ...string) schema {
	var s schema
	for _, name := range names {
		if name != "" {
			s = append(s, keyPart{name, r.kindOf(name)})
		}
	}
	return s
}

func (r *tableRecord) kindOf(name string) attribute.Kind {
	for _, a := range r.Attributes {
		if a.Name == name {
			return attribute.KindNamed(a.Type)
		}
	}
	return attribute.Absent
}

// index is an index of a table that is in use.
type index struct {
	indexRecord
	schema schema
	keeps  map[string]bool // names of the attributes that are projected; nil: all
}

// indexes are those of the table, by name.
func (r *tableRecord) indexes() []*index {
	out := make([]*index, len(r.Indexes))
	for i, x := range r.Indexes {
		out[i] = &index{indexRecord: x, schema: r.schemaOf(x.names()...)}
		if x.Projection == "ALL" {
			continue
		}
		keeps := map[string]bool{r.Hash: true, r.Range: true}
		for _, name := range append(x.names(), x.Include...) {
			keeps[name] = true
		}
		out[i].keeps = keeps
	}
	slices.SortFunc(out, func(a, b *index) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// project is what an index has of an item.
func (x *index) project(item attribute.Item) attribute.Item {
	if x.keeps == nil {
		return item
	}
	out := make(attribute.Item, 0, len(x.keeps))
	for _, f := range item {
		if x.keeps[f.Name] {
			out = append(out, f)
		}
	}
	return out
}

// keyOf is where an item stands in the index, before the key of the item; nil when it lacks an attribute of its key.
func (x *index) keyOf(table uint64, item attribute.Item) []byte {
	if item == nil {
		return nil
	}
	key := indexKey(table, x.Number)
	for _, p := range x.schema {
		v := item.Get(p.name)
		if v.Kind != p.kind {
			return nil
		}
		key = attribute.AppendKey(key, v)
	}
	return key
}

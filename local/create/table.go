package create

import (
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// table is the input of CreateTable for a table that a request names. Its keys are those that the request has in Key. An Item does
// not say which of its attributes are keys: those that people mostly call so are.
func table(r *awswire.Request, name string) (value.Value, bool) {
	keys := keysOf(r, name)
	if len(keys) == 0 {
		return value.Value{}, false
	}
	var schema, attributes []value.Value
	for i, k := range keys {
		how := "HASH"
		if i > 0 {
			how = "RANGE"
		}
		schema = append(schema, object("AttributeName", k.name, "KeyType", how))
		attributes = append(attributes, object("AttributeName", k.name, "AttributeType", k.kind))
	}
	return object("TableName", name, "BillingMode", "PAY_PER_REQUEST").With("KeySchema", value.NewArray(schema)).
		With("AttributeDefinitions", value.NewArray(attributes)), true
}

// key is an attribute that can be a key: its kind is S, N or B.
type key struct{ name, kind string }

// candidates are the attributes of an item that can be keys.
func candidates(item value.Value) []key {
	var keys []key
	for _, m := range item.Members() {
		for _, kind := range m.Value.Members() {
			if kind.Key == "S" || kind.Key == "N" || kind.Key == "B" {
				keys = append(keys, key{m.Key, kind.Key})
			}
		}
	}
	return keys
}

// keysOf are the keys of the table, the partition key first.
func keysOf(r *awswire.Request, tableName string) []key {
	if given, ok := r.Input.Get("Key"); ok {
		keys := candidates(given)
		if len(keys) == 2 && rank(keys[1].name, tableName) < rank(keys[0].name, tableName) {
			keys[0], keys[1] = keys[1], keys[0]
		}
		if len(keys) > 2 {
			return nil
		}
		return keys
	}
	item, _ := r.Input.Get("Item")
	all := candidates(item)
	if len(all) == 0 {
		return nil
	}
	best := 0
	for i := range all {
		if rank(all[i].name, tableName) < rank(all[best].name, tableName) {
			best = i
		}
	}
	keys := []key{all[best]}
	if partner := partners[strings.ToLower(all[best].name)]; partner != "" {
		for _, k := range all {
			if strings.ToLower(k.name) == partner {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// partners are the sort keys that go with partition keys of some names.
var partners = map[string]string{"pk": "sk", "partitionkey": "sortkey", "partition_key": "sort_key", "hashkey": "rangekey"}

// rank says how much a name is one of a partition key, 0 the most.
func rank(name, tableName string) int {
	name, tableName = strings.ToLower(name), strings.ToLower(tableName)
	switch {
	case partners[name] != "":
		return 0
	case name == "id":
		return 1
	case name == strings.TrimSuffix(tableName, "s")+"id", name == strings.TrimSuffix(tableName, "s")+"_id":
		return 2
	case strings.HasSuffix(name, "id"):
		return 3
	case strings.HasSuffix(name, "key"):
		return 4
	case name == "name":
		return 5
	}
	return 6
}

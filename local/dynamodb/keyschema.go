package dynamodb

import "slices"

// The key of a global index may have several attributes in its hash key and in its range key. The hash key is all of the first
// together; items are in the order of the range attributes, one after the other.

// maxKeyParts is how many attributes each of the two may have.
const maxKeyParts = 4

func (x *indexRecord) hashes() []string { return append([]string{x.Hash}, x.MoreHash...) }

func (x *indexRecord) ranges() []string {
	if x.Range == "" {
		return nil
	}
	return append([]string{x.Range}, x.MoreRange...)
}

// names are the attributes of the key in their order.
func (x *indexRecord) names() []string { return append(x.hashes(), x.ranges()...) }

// setKeys takes the key of an index from its definition.
func (x *indexRecord) setKeys(keys []keyElement, defined []attributeDefinition) (err error) {
	several := len(keys) > 2 || len(keys) == 2 && keys[0].KeyType == "HASH" && keys[1].KeyType == "HASH"
	if !x.Global || !several {
		x.Hash, x.Range, err = checkKeys(keys, defined)
		return err
	}
	if len(keys) > 2*maxKeyParts {
		return constraint(javaKeys(keys), "keySchema", "Member must have length less than or equal to 8")
	}
	var hashes, ranges []string
	for _, k := range keys {
		switch {
		case k.KeyType == "RANGE" && len(hashes) == 0:
			return validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
		case k.KeyType == "HASH" && len(ranges) > 0:
			return validation("Invalid KeySchema: All HASH key types must come before the RANGE key types")
		case slices.Contains(hashes, k.AttributeName) || slices.Contains(ranges, k.AttributeName):
			return validation("Invalid KeySchema: Some index key attribute have no definition")
		case k.KeyType == "HASH":
			hashes = append(hashes, k.AttributeName)
		default:
			ranges = append(ranges, k.AttributeName)
		}
	}
	if len(hashes) > maxKeyParts || len(ranges) > maxKeyParts {
		return validation("Invalid KeySchema: There can be %d HASH and %d RANGE key types at most", maxKeyParts, maxKeyParts)
	}
	if err := checkDefined(keys, defined); err != nil {
		return err
	}
	x.Hash, x.MoreHash = hashes[0], hashes[1:]
	if len(ranges) > 0 {
		x.Range, x.MoreRange = ranges[0], ranges[1:]
	}
	return nil
}

// checkDefined refuses a key of attributes whose type is not told.
func checkDefined(keys []keyElement, defined []attributeDefinition) error {
	for _, k := range keys {
		if !slices.ContainsFunc(defined, func(a attributeDefinition) bool { return a.AttributeName == k.AttributeName }) {
			return invalidParameter("Some index key attributes are not defined in AttributeDefinitions. Keys: %s, AttributeDefinitions: %s",
				bracketed(keyNames(keys)), bracketed(definedNames(defined)))
		}
	}
	return nil
}

func keySchema(x *indexRecord) []keyElement {
	var keys []keyElement
	for _, name := range x.hashes() {
		keys = append(keys, keyElement{name, "HASH"})
	}
	for _, name := range x.ranges() {
		keys = append(keys, keyElement{name, "RANGE"})
	}
	return keys
}

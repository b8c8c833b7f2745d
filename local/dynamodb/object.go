package dynamodb

import (
	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/value"
)

// object is the text of an object that is being written.
type object []byte

// member appends what stands before the value of a member. Names are plain.
func (o object) member(name string) []byte {
	if len(o) > 1 {
		o = append(o, ',')
	}
	return append(append(append(o, '"'), name...), '"', ':')
}

// itemMember is an item as a member of an error.
func itemMember(name string, item attribute.Item) []value.Member {
	return []value.Member{{Key: name, Value: value.CheckedCompact(string(item.Append(nil)))}}
}

package dynamodb

import (
	"encoding/binary"

	"github.com/statelark/statelark/arn"
)

// The keys of the store. Tables have a number, which is never used again; so have the indexes of a table. Numbers are in big-endian.
//
//	n                                      the number of the last table: 8 bytes
//	t REGION 00 ACCOUNT 00 NAME            a table: tableRecord
//	i TABLE(8) KEY                         an item: attribute.Item.Encode
//	x TABLE(8) INDEX(2) INDEXKEY KEY       an item is in an index: nothing
//	l TABLE(8) SECONDS(8) KEY              an item expires: nothing
//	s TABLE(8)                             how many items there are, and their size: two varints
//	k REGION 00 ACCOUNT 00 TOKEN           a transaction that was done: tokenRecord
//	e SECONDS(8) KEYOFTOKEN                when its token is forgotten: nothing
//
// KEY and INDEXKEY are the key forms of one or two values (attribute.AppendKey).
const (
	lastTableKey = "n"
	tablePrefix  = 't'
	itemPrefix   = 'i'
	indexPrefix  = 'x'
	expiryPrefix = 'l'
	statsPrefix  = 's'
	tokenPrefix  = 'k'
	forgetPrefix = 'e'
)

// placeKey is the beginning of the keys of what a place has under names.
func placeKey(prefix byte, at arn.Place) []byte {
	key := append([]byte{prefix}, at.Region...)
	key = append(append(key, 0), at.Account...)
	return append(key, 0)
}

func tableKey(at arn.Place, name string) []byte { return append(placeKey(tablePrefix, at), name...) }

func numbered(prefix byte, table uint64) []byte {
	key := make([]byte, 1, 80)
	key[0] = prefix
	return binary.BigEndian.AppendUint64(key, table)
}

func indexKey(table uint64, index uint16) []byte {
	return binary.BigEndian.AppendUint16(numbered(indexPrefix, table), index)
}

func expiryKey(table uint64, seconds int64) []byte {
	return binary.BigEndian.AppendUint64(numbered(expiryPrefix, table), uint64(seconds))
}

func forgetKey(seconds int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{forgetPrefix}, uint64(seconds))
}

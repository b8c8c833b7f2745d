package sqs

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"github.com/statelark/statelark/arn"
)

// The keys of the store. Numbers are eight bytes, the highest first, so that they are in order. A queue has a number (id) of its
// own, drawn by chance: one that is made again under the same name has another.
//
//	'q' region 0 account 0 name 0       the queue: queueRow
//	's' id seq                          where a message stands: stateRow
//	'm' id seq                          what was sent: messageRow, which never changes
//	'd' id SHA-256                      what was sent by a deduplication id in the last five minutes: dedupRow
//	'x' id time SHA-256                 when such an id was used, in the order of times: a version
//	't' region 0 account 0 name 0 time  a task that moves messages away from the queue of that name: moveRow
const (
	kindQueue   = 'q'
	kindState   = 's'
	kindMessage = 'm'
	kindDedup   = 'd'
	kindExpiry  = 'x'
	kindMove    = 't'
)

func placeKey(kind byte, p arn.Place) []byte {
	k := append([]byte{kind}, p.Region...)
	k = append(append(k, 0), p.Account...)
	return append(k, 0)
}

func recordKey(k queueKey) []byte { return append(append(placeKey(kindQueue, k.place), k.name...), 0) }

// recordName is the name in a key of kindQueue that begins with prefix (placeKey).
func recordName(key, prefix []byte) string {
	return string(bytes.TrimSuffix(key[len(prefix):], []byte{0}))
}

func ownedKey(kind byte, id uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{kind}, id)
}

func numberedKey(kind byte, id, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(append(make([]byte, 0, 17), kind), id), seq)
}

func stateKey(id, seq uint64) []byte   { return numberedKey(kindState, id, seq) }
func messageKey(id, seq uint64) []byte { return numberedKey(kindMessage, id, seq) }

// seqOf is the number at the end of a key.
func seqOf(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

// dedupHash is of a deduplication id and of the group in which it counts, "" for the whole queue.
func dedupHash(group, id string) [32]byte { return sha256.Sum256([]byte(group + "\x00" + id)) }

func dedupKey(id uint64, hash [32]byte) []byte { return append(ownedKey(kindDedup, id), hash[:]...) }

func expiryKey(id uint64, at int64, hash [32]byte) []byte {
	return append(numberedKey(kindExpiry, id, uint64(at)), hash[:]...)
}

func movesKey(k queueKey) []byte { return append(append(placeKey(kindMove, k.place), k.name...), 0) }

func moveKey(k queueKey, started int64) []byte {
	return binary.BigEndian.AppendUint64(movesKey(k), uint64(started))
}

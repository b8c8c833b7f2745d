package sqs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/statelark/statelark/local/kv"
)

const (
	dedupInterval = 300_000 // milliseconds
	// scopeDelay is how long a change of the deduplication scope takes: SetQueueAttributes says that its changes take up to
	// 60 seconds. Recorded: a queue made high-throughput still deduplicates over groups right after.
	scopeDelay = 60_000
)

// scope is the deduplication scope that holds now.
func (q *queue) scope(now int64) string {
	if now < q.rec.ScopeFrom {
		return q.rec.ScopeBefore
	}
	if q.set.scope == "" {
		return scopeQueue
	}
	return q.set.scope
}

// hashFor is what a deduplication id is known by now.
func (q *queue) hashFor(group, id string, now int64) [32]byte {
	if q.scope(now) != scopeGroup {
		group = ""
	}
	return dedupHash(group, id)
}

// before returns the sending of a deduplication id in the last five minutes, nil when there was none.
func (q *queue) before(hash [32]byte, now int64) (*sending, error) {
	data, err := q.s.store.Get(dedupKey(q.rec.ID, hash))
	if err != nil || data == nil {
		return nil, err
	}
	d, err := decodeSending(data)
	if err != nil || now >= d.At+dedupInterval {
		return nil, err
	}
	return &d, nil
}

// remember keeps a sending for five minutes.
func (q *queue) remember(hash [32]byte, d *sending, b *kv.Batch) {
	b.Set(dedupKey(q.rec.ID, hash), d.encode())
	b.Set(expiryKey(q.rec.ID, d.At, hash), []byte{sendingVersion})
}

const (
	forgetInterval = 10_000 // milliseconds
	forgetAtOnce   = 1_000
)

// forgetSendings removes, once in a while, deduplication ids whose time is over.
func (q *queue) forgetSendings(now int64) error {
	if !q.set.fifo || now < q.forget && now >= q.forget-forgetInterval {
		return nil
	}
	q.forget = now + forgetInterval
	prefix := ownedKey(kindExpiry, q.rec.ID)
	var b kv.Batch
	for p, err := range q.s.store.Scan(prefix, expiryKey(q.rec.ID, now-dedupInterval+1, [32]byte{}), false) {
		if err != nil {
			return err
		}
		if b.Len() >= 2*forgetAtOnce {
			q.forget = now // there is more
			break
		}
		hash := [32]byte(p.Key[len(p.Key)-32:])
		again, err := q.before(hash, now)
		if err != nil {
			return err
		}
		if again == nil {
			b.Delete(dedupKey(q.rec.ID, hash))
		}
		b.Delete(slices.Clone(p.Key))
	}
	if b.Len() == 0 {
		return nil
	}
	return q.s.apply(&b)
}

// sha256Hex is the deduplication id of a body.
func sha256Hex(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// sequenceNumber is the SequenceNumber of a message: twenty digits, as AWS's are.
func sequenceNumber(seq uint64) string { return fmt.Sprintf("188%017d", seq) }

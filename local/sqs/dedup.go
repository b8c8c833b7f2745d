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

type sentHash struct {
	at   int64
	hash [32]byte
}

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

// openSendings reads the deduplication ids.
func (q *queue) openSendings() error {
	prefix := ownedKey(kindDedup, q.rec.ID)
	for p, err := range q.s.store.Scan(prefix, kv.After(prefix), false) {
		if err != nil {
			return err
		}
		d, err := decodeSending(p.Value)
		if err != nil {
			return err
		}
		hash := [32]byte(p.Key[len(prefix):])
		q.sent[hash] = &d
		q.sendings = append(q.sendings, sentHash{d.At, hash})
	}
	slices.SortFunc(q.sendings, func(a, b sentHash) int { return int(a.at - b.at) })
	return nil
}

// hashFor is what a deduplication id is known by now.
func (q *queue) hashFor(group, id string, now int64) [32]byte {
	if q.scope(now) != scopeGroup {
		group = ""
	}
	return dedupHash(group, id)
}

// before returns the sending of a deduplication id in the last five minutes, nil when there was none.
func (q *queue) before(hash [32]byte, now int64) *sending {
	if d := q.sent[hash]; d != nil && now < d.At+dedupInterval {
		return d
	}
	return nil
}

// remember keeps a sending for five minutes.
func (q *queue) remember(hash [32]byte, d *sending, b *kv.Batch) {
	q.sent[hash] = d
	q.sendings = append(q.sendings, sentHash{d.At, hash})
	b.Set(dedupKey(q.rec.ID, hash), d.encode())
}

// forgetSendings removes the deduplication ids whose time is over. A crash may bring some back, which are removed again.
func (q *queue) forgetSendings(now int64) {
	var b kv.Batch
	for len(q.sendings) > 0 && q.sendings[0].at+dedupInterval <= now {
		old := q.sendings[0]
		q.sendings = q.sendings[1:]
		if d := q.sent[old.hash]; d != nil && d.At == old.at {
			delete(q.sent, old.hash)
			b.Delete(dedupKey(q.rec.ID, old.hash))
		}
	}
	if b.Len() > 0 {
		if err := q.s.store.Apply(&b); err != nil {
			q.s.log.Error("removing deduplication ids", "queue", q.key.name, "error", err)
		}
	}
}

// sha256Hex is the deduplication id of a body.
func sha256Hex(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// sequenceNumber is the SequenceNumber of a message: twenty digits, as AWS's are.
func sequenceNumber(seq uint64) string { return fmt.Sprintf("188%017d", seq) }

package sqs

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// Peeked is a message that was looked at.
type Peeked struct {
	ID, Body   string
	Attributes map[string]string // those of the system, such as SentTimestamp
	Own        map[string]string // those of the sender, text alone
	State      string            // visible, delayed or in flight
}

// Peek looks at messages of a queue, those that were sent first, and changes nothing: they stay as visible as they are, and
// nothing is counted. after is where the call before has ended, "" at first; next is "" at the end.
func (s *Service) Peek(r *awswire.Request, queueURL, after string, most int) (list []Peeked, next string, err error) {
	from, err := peekFrom(after)
	if err != nil {
		return nil, "", err
	}
	id, retention, err := s.peekAt(r, queueURL)
	if err != nil {
		return nil, "", err
	}
	prefix, now := ownedKey(kindState, id), s.millis()
	start := prefix
	if from > 0 {
		start = stateKey(id, from+1)
	}
	for p, err := range s.store.Scan(start, kv.After(prefix), false) {
		if err != nil {
			return nil, "", err
		}
		if len(list) == most {
			return list, next, nil
		}
		seq := seqOf(p.Key)
		st, err := decodeState(p.Value)
		if err != nil {
			return nil, "", err
		}
		data, err := s.store.Get(messageKey(id, seq))
		if err != nil {
			return nil, "", err
		}
		if data == nil || st.Sent+retention <= now { // deleted meanwhile, or about to be
			continue
		}
		m, err := decodeMessage(data)
		if err != nil {
			return nil, "", err
		}
		list = append(list, peeked(m, picked{st, seq}, now))
		next = hex.EncodeToString(binary.BigEndian.AppendUint64(nil, seq))
	}
	return list, "", nil
}

// peekAt returns the number of a queue, and how long it keeps messages.
func (s *Service) peekAt(r *awswire.Request, queueURL string) (id uint64, retention int64, err error) {
	k, refusal := keyOf(r, queueURL)
	if refusal != nil {
		return 0, 0, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(k)
	switch {
	case err != nil:
		return 0, 0, err
	case q == nil:
		return 0, 0, noSuchQueue()
	}
	s.trim(q)
	return q.rec.ID, q.set.retention, nil
}

func peeked(m *message, p picked, now int64) Peeked {
	seen := Peeked{ID: m.ID, Body: m.Body, Attributes: systemAttributes(m, p, []string{"All"}), State: "visible"}
	switch {
	case p.Due > now && p.Received > 0:
		seen.State = "in flight"
	case p.Due > now:
		seen.State = "delayed"
	}
	for name, a := range m.Attributes {
		if a.StringValue != nil {
			if seen.Own == nil {
				seen.Own = map[string]string{}
			}
			seen.Own[name] = *a.StringValue
		}
	}
	return seen
}

func peekFrom(after string) (uint64, error) {
	if after == "" {
		return 0, nil
	}
	raw, err := hex.DecodeString(after)
	if err != nil || len(raw) != 8 {
		return 0, &awswire.Error{Code: "InvalidParameterValue", Message: "The position is none that an answer had."}
	}
	return binary.BigEndian.Uint64(raw), nil
}

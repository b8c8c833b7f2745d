package engine

import (
	"container/list"
	"weak"
)

// cache keeps what was used of late, up to a total weight. The last thing put stays however heavy it is. It has no lock
// of its own.
type cache[V any] struct {
	limit  int
	weight int
	at     map[string]*list.Element
	order  list.List // of *cached[V], the last used first
}

type cached[V any] struct {
	key    string
	value  V
	weight int
}

func newCache[V any](limit int) *cache[V] {
	return &cache[V]{limit: limit, at: make(map[string]*list.Element)}
}

func (c *cache[V]) get(key string) (v V, ok bool) {
	e := c.at[key]
	if e == nil {
		return v, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached[V]).value, true
}

func (c *cache[V]) put(key string, v V, weight int) {
	c.drop(key)
	c.at[key] = c.order.PushFront(&cached[V]{key, v, weight})
	c.weight += weight
	for c.weight > c.limit && c.order.Len() > 1 {
		c.drop(c.order.Back().Value.(*cached[V]).key)
	}
}

func (c *cache[V]) drop(key string) {
	if e := c.at[key]; e != nil {
		c.weight -= c.order.Remove(e).(*cached[V]).weight
		delete(c.at, key)
	}
}

// shared has one value of a key for all who use it, for as long as somebody does. It has no lock of its own.
//
// Invariant: while a value is reachable from anywhere, get returns that one.
type shared[V any] struct {
	at    map[string]weak.Pointer[V]
	sweep int // how many keys there may be before the dead ones are cleared away
}

func newShared[V any]() *shared[V] {
	return &shared[V]{at: make(map[string]weak.Pointer[V])}
}

// get returns the value of a key, nil when nobody uses one.
func (s *shared[V]) get(key string) *V { return s.at[key].Value() }

func (s *shared[V]) put(key string, v *V) {
	s.at[key] = weak.Make(v)
	if len(s.at) <= s.sweep {
		return
	}
	for k, p := range s.at {
		if p.Value() == nil {
			delete(s.at, k)
		}
	}
	s.sweep = max(256, 2*len(s.at))
}

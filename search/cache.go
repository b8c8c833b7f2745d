package search

import (
	"container/list"
	"sync"
)

// cache keeps what was read of segments, up to a number of bytes; what was used least of late goes first.
type cache struct {
	max int

	mu    sync.Mutex
	bytes int
	byKey map[string]*list.Element
	order list.List // of *cached, the latest first
}

type cached struct {
	key   string
	value any
	bytes int
}

func newCache(most int) *cache { return &cache{max: most, byKey: map[string]*list.Element{}} }

func (c *cache) get(key string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).value, true
}

func (c *cache) put(key string, value any, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, there := c.byKey[key]; there || bytes > c.max/4 {
		return
	}
	c.byKey[key] = c.order.PushFront(&cached{key, value, bytes})
	for c.bytes += bytes; c.bytes > c.max; {
		c.drop(c.order.Back())
	}
}

func (c *cache) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.drop(e)
	}
}

func (c *cache) drop(e *list.Element) {
	v := c.order.Remove(e).(*cached)
	delete(c.byKey, v.key)
	c.bytes -= v.bytes
}

package node

import (
	"context"
	"fmt"

	"github.com/statelark/statelark/search"
)

// Whether there is an index of executions.
const (
	SearchOn  = "on"
	SearchOff = "off"
)

// DefaultSearchPayloadBytes is how much of each payload can be looked into.
const DefaultSearchPayloadBytes = search.DefaultPayloadBytes

// MaxSearchPayloadBytes is how much that may be: all that a payload may have, as AWS bounds it.
const MaxSearchPayloadBytes = 256 << 10

// CheckSearch says what is wrong with Config.Search and Config.SearchPayloadBytes.
func CheckSearch(text string, payloadBytes int) error {
	switch text {
	case "", SearchOn, SearchOff:
	default:
		return fmt.Errorf("search is %q; it has to be %s or %s", text, SearchOn, SearchOff)
	}
	if payloadBytes < 0 || payloadBytes > MaxSearchPayloadBytes {
		return fmt.Errorf("search-payload-bytes is %d; it has to be 0 to %d", payloadBytes, MaxSearchPayloadBytes)
	}
	return nil
}

// openSearch opens the index of executions. Nobody but the console asks it.
func (n *Node) openSearch(ctx context.Context) (err error) {
	if n.cfg.Search == SearchOff || n.cfg.Console == ConsoleOff {
		return nil
	}
	o := search.Options{
		Log: n.log, Now: n.opts.Now, PayloadBytes: n.cfg.SearchPayloadBytes, CacheBytes: int(n.cfg.memory() / 16),
		Dropped: func() int64 {
			if tap := n.missed.Load(); tap != nil {
				return tap.Dropped()
			}
			return 0
		},
	}
	n.index, err = search.Open(ctx, n.store, o)
	return err
}

// finder returns what finds executions.
func (n *Node) finder() search.Finder {
	if n.index != nil {
		return n.index
	}
	return &search.Plain{Store: n.store, Source: n.engine, Now: n.opts.Now}
}

package api

import (
	"context"
	"strconv"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/history"
)

const (
	// historyChunk is how many events are read at once: one event can be a quarter of a megabyte.
	historyChunk = 100
	// historyBytes is the size at which a page is full, whatever number of events was asked for.
	historyBytes = 4 << 20
)

func (s *Server) getExecutionHistory(ctx context.Context, c *awswire.Call) error {
	arn, err := s.executionARN(c)
	if err != nil {
		return err
	}
	p, err := s.pageOf("GetExecutionHistory", c)
	if err != nil {
		return err
	}
	first := int64(0)
	if p.cursor != "" {
		if first, err = strconv.ParseInt(p.cursor, 10, 64); err != nil || first < 1 {
			return invalidToken()
		}
	}
	c.Out.Open("events", '[')
	next, err := s.writeEvents(ctx, c, arn, first, p.size)
	if err != nil {
		return err
	}
	c.Out.Close(']')
	if next != 0 {
		s.writeNext(c, p, strconv.FormatInt(next, 10))
	}
	return nil
}

// writeEvents writes at most n events, beginning with first, and returns the id of the next one, 0 when there is none.
func (s *Server) writeEvents(ctx context.Context, c *awswire.Call, arn string, first int64, n int) (next int64, err error) {
	reverse := c.Bool("reverseOrder", false)
	options := history.WireOptions{WithoutData: !c.Bool("includeExecutionData", true)}
	for {
		ask := min(n, historyChunk) + 1
		events, err := s.engine.History(ctx, arn, first, ask, reverse)
		if err != nil {
			return 0, err
		}
		for i := range events {
			if n == 0 || len(c.Out.Bytes()) > historyBytes {
				return events[i].ID, nil
			}
			n--
			c.Out.Raw(func(dst []byte) []byte { return history.AppendJSON(dst, &events[i], options) })
		}
		if len(events) < ask {
			return 0, nil
		}
		first = events[len(events)-1].ID + 1
		if reverse {
			first = events[len(events)-1].ID - 1
		}
		if first == 0 {
			return 0, nil
		}
	}
}

package search

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/pebblestore"
	"github.com/statelark/statelark/search/query"
)

// payloadOf is an input of some 250 bytes, each with an id of its own.
func payloadOf(n int) string {
	return fmt.Sprintf(`{"orderId": "ord-%08x", "customer": {"id": %d, "name": "Ada Lovelace", "vip": %t, "country": "GB"}, "items": [{"sku": "A-%d", "n": 2},`+
		` {"sku": "B-%d", "n": 1}], "total": %d.50, "currency": "EUR", "at": "2026-11-30T10:00:00Z"}`, n*2654435761, n%50_000, n%7 == 0, n%300, n%700, n%1000)
}

// newsOf is what the tap tells of a short execution.
func newsOf(n int) *engine.News {
	start := epoch.Add(time.Duration(n) * 200 * time.Microsecond)
	x := &statelark.Execution{
		ID: statelark.NewExecID(start, statelark.ShardID(n%256), uint64(n)*0x9e3779b97f4a7c15), Machine: fmt.Sprint(machine, "orders", n%20),
		Name: fmt.Sprintf("3f2a%08x-1b2c-4d5e-8f90-a1b2c3d4e5f6", n*2654435761), Status: statelark.Succeeded, Start: start.Truncate(time.Millisecond),
		Stop: start.Add(20 * time.Millisecond).Truncate(time.Millisecond), Events: 12,
	}
	e := history.Event{ID: 12, At: x.Stop.UnixMilli(), Type: history.ExecutionSucceeded, Data: fmt.Sprintf(`{"shipped": true, "parcel": "P%d", "cost": %d}`, n, n%90)}
	if n%50 == 0 {
		why, cause := "Card.Declined", "the card was declined"
		x.Status, e = statelark.Failed, history.Event{ID: 12, At: e.At, Type: history.ExecutionFailed, Error: &why, Cause: &cause}
	}
	news := engine.NewNews(x, nil, []history.Event{e})
	news.Began, news.Ended, news.Input = true, true, payloadOf(n)
	return news
}

// benchIndex is an index in a store on disk, whose goroutine is the benchmark's.
func benchIndex(b *testing.B) (*Index, *pebblestore.Store) {
	store, err := pebblestore.Open(b.TempDir(), pebblestore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	x, err := Open(context.Background(), store, Options{Now: func() time.Time { return epoch.Add(time.Hour) }})
	if err != nil {
		b.Fatal(err)
	}
	x.source = &world{}
	x.partial = false
	return x, store
}

// BenchmarkIndex is what the index costs for an execution, from the news of it to rows in the store.
func BenchmarkIndex(b *testing.B) {
	x, store := benchIndex(b)
	news := make([]*engine.News, 4096)
	for i := range news {
		news[i] = newsOf(i)
	}
	ctx := context.Background()
	b.ResetTimer()
	for i := range b.N {
		n := *news[i%len(news)]
		record := *n.Execution
		record.ID = statelark.NewExecID(epoch.Add(time.Duration(i)*200*time.Microsecond), statelark.ShardID(i%256), uint64(i)*0x9e3779b97f4a7c15)
		n.Execution = &record
		x.Read(&n)
		if i%segmentDocuments == segmentDocuments-1 {
			if err := x.flush(ctx, false); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.StopTimer()
	bytes := 0
	for _, s := range x.segments {
		for _, row := range []string{rowHeader, rowRecords, rowPayloads, rowFilter} {
			data, err := store.Index(ctx, x.key(row, s.number))
			if err != nil {
				b.Fatal(err)
			}
			bytes += len(data)
		}
	}
	b.ReportMetric(float64(bytes)/float64(b.N), "bytes/execution")
}

// BenchmarkSearch searches 100,000 executions.
func BenchmarkSearch(b *testing.B) { benchSearch(b, 100_000) }

// BenchmarkSearchMillion searches 1,000,000.
func BenchmarkSearchMillion(b *testing.B) {
	if testing.Short() {
		b.Skip("it takes a while to fill")
	}
	benchSearch(b, 1_000_000)
}

func benchSearch(b *testing.B, executions int) {
	x, store := benchIndex(b)
	ctx := context.Background()
	leases, err := store.Acquire(ctx, "n", statelark.Shards)
	if err != nil {
		b.Fatal(err)
	}
	var fences []statelark.Fence
	for _, l := range leases {
		fences = append(fences, statelark.Fence{Shard: l.Shard, Epoch: l.Epoch})
	}
	batch := &statelark.Batch{Fences: fences}
	for i := range executions {
		n := newsOf(i)
		x.Read(n)
		batch.Changes = append(batch.Changes, &statelark.Change{Exec: n.Execution.ID, Start: true, Free: true, Execution: n.Execution, Close: true})
		if len(batch.Changes) < segmentDocuments && i < executions-1 {
			continue
		}
		if err := store.Commit(ctx, batch); err != nil {
			b.Fatal(err)
		}
		batch.Changes = batch.Changes[:0]
		if err := x.flush(ctx, true); err != nil {
			b.Fatal(err)
		}
		if err := x.tend(ctx); err != nil {
			b.Fatal(err)
		}
	}
	for _, text := range []string{
		"", "status:FAILED", `input.orderId="ord-` + payloadOf(777)[17:25] + `"`, "input.customer.id=777", "input.total>999", `"P77777"`, "nothing-has-this", "name:3f2a*",
	} {
		q, err := query.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("%q", text), func(b *testing.B) {
			for range b.N {
				if _, err := x.Search(ctx, Request{Query: q, Limit: 50}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("count-%q", text), func(b *testing.B) {
			for range b.N {
				if _, err := x.Count(ctx, Request{Query: q}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

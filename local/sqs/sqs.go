// Package sqs is Amazon SQS, built in: standard and FIFO queues with all that their attributes say.
//
// Messages lie in the store, in two rows each (keys.go): what was sent, which never changes, and where it stands. In memory
// a queue has an index of the messages that are next, made when the queue is first asked for (index.go). One mutex guards all
// of it: nothing under it waits, and what an operation changes is one batch.
package sqs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
)

// Service is SQS.
type Service struct {
	store    kv.Store
	endpoint string
	now      func() time.Time
	log      *slog.Logger

	operations map[string]local.Operation
	ctx        context.Context // of what the service does of itself; ended by Close
	stop       context.CancelFunc
	running    sync.WaitGroup // what the service does of itself

	mu      sync.Mutex
	queues  map[queueKey]*queue // that were asked for since the start
	moves   map[string]*moveTask
	resumed bool // moves that a crash interrupted run again
	closed  bool
}

// queueKey is what a queue is known by.
type queueKey struct {
	place arn.Place
	name  string
}

// New makes the service. It reads nothing and starts nothing.
func New(o local.Options) *Service {
	s := &Service{store: o.Store, endpoint: o.Endpoint, now: o.Now, log: o.Log, queues: map[queueKey]*queue{}, moves: map[string]*moveTask{}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.operations = map[string]local.Operation{
		"AddPermission":                local.Op(s.addPermission),
		"CancelMessageMoveTask":        local.Op(s.cancelMessageMoveTask),
		"ChangeMessageVisibility":      local.Op(s.changeMessageVisibility),
		"ChangeMessageVisibilityBatch": local.Op(s.changeMessageVisibilityBatch),
		"CreateQueue":                  local.Op(s.createQueue),
		"DeleteMessage":                local.Op(s.deleteMessage),
		"DeleteMessageBatch":           local.Op(s.deleteMessageBatch),
		"DeleteQueue":                  local.Op(s.deleteQueue),
		"GetQueueAttributes":           local.Op(s.getQueueAttributes),
		"GetQueueUrl":                  local.Op(s.getQueueURL),
		"ListDeadLetterSourceQueues":   local.Op(s.listDeadLetterSourceQueues),
		"ListMessageMoveTasks":         local.Op(s.listMessageMoveTasks),
		"ListQueueTags":                local.Op(s.listQueueTags),
		"ListQueues":                   local.Op(s.listQueues),
		"PurgeQueue":                   local.Op(s.purgeQueue),
		"ReceiveMessage":               local.Op(s.receiveMessage),
		"RemovePermission":             local.Op(s.removePermission),
		"SendMessage":                  local.Op(s.sendMessage),
		"SendMessageBatch":             local.Op(s.sendMessageBatch),
		"SetQueueAttributes":           local.Op(s.setQueueAttributes),
		"StartMessageMoveTask":         local.Op(s.startMessageMoveTask),
		"TagQueue":                     local.Op(s.tagQueue),
		"UntagQueue":                   local.Op(s.untagQueue),
	}
	return s
}

// Operations are those of SQS.
func (s *Service) Operations() map[string]local.Operation { return s.operations }

// EndWaits answers long polls, and those that come from now on at once.
func (s *Service) EndWaits() { s.stop() }

// Close ends the receives that wait and the moves that run, which go on after the next start.
func (s *Service) Close(ctx context.Context) error {
	s.stop()
	s.mu.Lock()
	s.closed = true
	for _, q := range s.queues {
		if q.alarm != nil {
			q.alarm.Stop()
		}
	}
	s.mu.Unlock()
	over := make(chan struct{})
	go func() {
		s.running.Wait()
		close(over)
	}()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// millis is now, in milliseconds since 1970: what all times of this package are.
func (s *Service) millis() int64 { return s.now().UnixMilli() }

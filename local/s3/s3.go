// Package s3 is S3 as a service that is built in: buckets, objects and their versions, multipart uploads, and the
// configurations of buckets. What it knows of objects stands in the store of the services; bodies are files beside it.
package s3

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
)

// Options is what the service is made with.
type Options struct {
	local.Options
	// Dir is the folder of bodies that are too large for the store, which is made when it is first needed; "": they are held in memory.
	Dir string
	// MemoryBytes bounds what is held in memory when there is no Dir; 0: 1 GiB.
	MemoryBytes int64
	// Folders are buckets that are folders, beside those that the service makes; nil: there are none.
	Folders Folders
}

// Service is S3. Names of buckets are one space for all places, as in a partition of AWS.
type Service struct {
	store  kv.Store
	others awswire.Caller
	now    func() time.Time
	log    *slog.Logger
	bodies bodies
	// folders may be nil.
	folders Folders
	news    deliveries

	once       sync.Once
	operations map[string]local.Operation

	// mu is held from the first row read to the batch applied by whatever changes rows because of what they say.
	mu   sync.Mutex
	last int64 // number given out by next
}

// New makes the service. It reads and starts nothing.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MemoryBytes == 0 {
		o.MemoryBytes = 1 << 30
	}
	s := &Service{store: o.Store, others: o.Others, now: o.Now, log: o.Log, folders: o.Folders}
	if o.Dir == "" {
		s.bodies = newMemory(o.MemoryBytes)
	} else {
		s.bodies = newFolder(o.Dir, o.Store, o.Log)
	}
	s.news.init(s)
	return s
}

// Close waits for the bodies that are being removed and the events that are being delivered.
func (s *Service) Close(ctx context.Context) error {
	s.news.close()
	return s.bodies.close(ctx)
}

// Operations are all that the service has.
func (s *Service) Operations() map[string]local.Operation {
	s.once.Do(func() {
		s.operations = map[string]local.Operation{}
		s.addBuckets()
		s.addObjects()
		s.addUploads()
		s.addConfigurations()
		s.addLocks()
	})
	return s.operations
}

// call is one request.
type call struct {
	ctx context.Context
	r   *awswire.Request
	input
}

// add adds an operation that names no bucket, or one that need not exist.
func (s *Service) add(name string, do func(c *call) (*awswire.Reply, error)) {
	s.operations[name] = func(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
		reply, err := do(&call{ctx, r, input{r.Input}})
		if err == nil {
			if reply.Header == nil {
				reply.Header = http.Header{}
			}
			reply.Header.Set("Server", "AmazonS3")
		}
		return reply, err
	}
}

// addIn adds an operation on a bucket that exists and is whose the caller says it is.
func (s *Service) addIn(name string, do func(c *call, b *bucket) (*awswire.Reply, error)) {
	s.add(name, func(c *call) (*awswire.Reply, error) {
		b, err := s.bucketOf(c, c.str("Bucket"), c.str("ExpectedBucketOwner"))
		if err != nil {
			return s.doInFolder(c, c.str("Bucket"), err)
		}
		return do(c, b)
	})
}

// stamp is the time of a change, to the millisecond.
func (s *Service) stamp() int64 { return s.now().UnixMilli() }

// next returns a number above all that it returned before, and above after: versions and uploads are put in order by it.
func (s *Service) next(after int64) int64 {
	s.last = max(s.last+1, after+1, s.now().UnixNano())
	return s.last
}

// random returns 16 bytes that nobody else has.
func random() (id [16]byte) {
	_, _ = rand.Read(id[:]) // never fails
	return id
}

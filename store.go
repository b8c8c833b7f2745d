package statelark

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"time"
)

// Errors of a Store. They are all that a caller may tell apart; everything else is wrapped into one of them.
var (
	// ErrFenced: a fence of the batch names an epoch that is over. Nothing was written. The node must drop
	// the shard: another one owns it.
	ErrFenced = errors.New("shard is owned by another node")
	// ErrConflict: a row is not as the batch expects it (a history block whose first event is not the next
	// one, a change of an execution that is not there (see Change.OnlyMessages), a meta record of another
	// revision). Nothing was written.
	ErrConflict = errors.New("record changed meanwhile")
	// ErrExists: an execution of that name is there already. Nothing was written. A Commit says it as a
	// *TakenError.
	ErrExists = errors.New("name is taken")
	// ErrNotFound: there is no such record.
	ErrNotFound = errors.New("no such record")
	// ErrUnavailable: the store did not answer, or not clearly. A Commit that ends so may have been written:
	// read before writing again.
	ErrUnavailable = errors.New("store is unavailable")
)

// TakenError is the ErrExists of a Commit.
type TakenError struct {
	Exec   ExecID // of the Change that was refused
	Name   string
	Holder ExecID // the execution that has the name: one that is there, or that of an earlier Change of the batch
}

func (e *TakenError) Error() string { return e.Name + ": " + ErrExists.Error() }

// Is reports that a TakenError is an ErrExists.
func (e *TakenError) Is(target error) bool { return target == ErrExists }

// Shards is the number of shards, fixed when a store is created. An ExecID has no room for more.
const Shards = 256

// ShardID names one of the Shards.
type ShardID uint16

// ShardOf returns the shard of an execution, so that a name is unique within its shard alone.
func ShardOf(machineARN, executionName string) ShardID {
	h := fnv.New32a()
	h.Write([]byte(machineARN))
	h.Write([]byte{0})
	h.Write([]byte(executionName))
	return ShardID(h.Sum32() % Shards)
}

// ExecID is the key of an execution: 48 bits of start time in milliseconds, 8 bits that say when in the millisecond, 8
// bits of shard, 64 bits that make it unique. Ids of later executions sort later, to 4 µs.
type ExecID [16]byte

// NewExecID builds an id from its parts.
func NewExecID(start time.Time, shard ShardID, unique uint64) ExecID {
	var id ExecID
	part := uint64(start.Nanosecond()) % 1e6 * 256 / 1e6
	binary.BigEndian.PutUint64(id[:8], uint64(start.UnixMilli())<<16|part<<8|uint64(shard))
	binary.BigEndian.PutUint64(id[8:], unique)
	return id
}

// Shard returns the shard that the execution lives in.
func (id ExecID) Shard() ShardID { return ShardID(id[7]) }

// Start returns the start time in the id, to the millisecond.
func (id ExecID) Start() time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16)).UTC()
}

// String returns the id in hexadecimal.
func (id ExecID) String() string { return hex.EncodeToString(id[:]) }

// UUID returns the id in the form of a UUID of version 7. Shards are fewer than 256, so nothing is lost.
func (id ExecID) UUID() string {
	unique := binary.BigEndian.Uint64(id[8:])
	var b [16]byte
	copy(b[:6], id[:6])
	b[6] = 0x70 | id[7]>>4
	b[7] = id[7]<<4 | byte(unique>>60)
	binary.BigEndian.PutUint64(b[8:], 0x80<<56|unique<<4>>2)
	text := make([]byte, 0, 36)
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, part)
	}
	return string(text)
}

// ParseUUID is the inverse of ExecID.UUID, false when text is not of its form.
func ParseUUID(text string) (id ExecID, ok bool) {
	var b [16]byte
	if len(text) != 36 {
		return id, false
	}
	if _, err := hex.Decode(b[:], []byte(text[:8]+text[9:13]+text[14:18]+text[19:23]+text[24:])); err != nil {
		return id, false
	}
	copy(id[:6], b[:6])
	id[7] = b[6]<<4 | b[7]>>4
	low := binary.BigEndian.Uint64(b[8:])
	binary.BigEndian.PutUint64(id[8:], uint64(b[7])<<60|low<<2>>4)
	return id, id.UUID() == text
}

// Lease is a node's right to write to a shard until another node takes it.
type Lease struct {
	Shard ShardID
	Epoch uint64
	Until time.Time // by the store's clock; safety rests on the epoch alone
}

// Fence names the epoch under which a batch writes to a shard.
type Fence struct {
	Shard ShardID
	Epoch uint64
}

// Batch is what one Commit writes: all of it or nothing.
type Batch struct {
	Fences  []Fence
	Changes []*Change
	Meta    []MetaOp
	Index   []IndexOp
}

// Change is all that one execution writes between two barriers. Its rows belong to the shard of Exec; the
// batch must hold a fence for it. Two changes of one execution may stand in a batch, in order.
//
// The store keeps what it is given and looks into nothing: Block, thread rows, work rows, blobs and messages
// are the engine's bytes. It owns none of the slices after Commit returns.
type Change struct {
	Exec ExecID

	// Start claims the name of Execution within its state machine; a taken name is a *TakenError, so nobody has
	// to look before. It stays taken until the execution expires.
	Start bool
	// Free says, with Start, that the name is known to be free: it was made up at random, or who owns the shard has
	// looked. The store need not look.
	Free bool
	// Execution is the record as of now, nil when it stays as it is. It is set on Start; its Machine and Name
	// never change after.
	Execution *Execution

	// Block holds the packed events First to Last, nil when there are none. First must be one more than the
	// last event stored (1 for a new execution), else ErrConflict.
	Block       []byte
	First, Last int64

	Threads  []ThreadRow
	Blobs    []Blob
	Timers   []TimerOp
	Work     []WorkOp
	Sends    []Message    // to any shard, this one included; a message key that is there already is kept as it is
	Consumed []MessageKey // inbox rows that this change has dealt with; they go before Sends come

	// Close removes what only a running execution has: every thread row, timer and work row of Exec that is
	// left, those of this change and of earlier ones in the batch included. History, blobs and the record stay
	// until they expire, and messages until they are consumed: somebody may have to answer that Exec has ended.
	// The execution may be started over by a later change (a redrive).
	Close bool
	// Keep says, with Close, that the thread rows stay, those of this change included: the execution may be redriven.
	Keep bool
}

// OnlyMessages reports whether c does nothing but consume and send messages. Such a change may name an
// execution that is not there, so that what was sent to one that expired can be put away.
func (c *Change) OnlyMessages() bool {
	return !c.Start && c.Execution == nil && c.Block == nil && !c.Close &&
		len(c.Threads)+len(c.Blobs)+len(c.Timers)+len(c.Work) == 0
}

// ThreadRow is the memory of one thread of an execution. A nil Data deletes it.
type ThreadRow struct {
	Thread uint32
	Data   []byte
}

// Blob is a payload too large to be repeated in blocks and rows. Blobs of an execution never change.
type Blob struct {
	ID   uint32
	Data []byte
}

// TimerOp arms a timer or, with Cancel, takes it away. A timer is named by all of Exec, Seq and Due.
type TimerOp struct {
	Seq    uint64
	Due    time.Time // to the millisecond
	Cancel bool
}

// WorkOp puts down a piece of outstanding work, or takes it away (nil Data). After a crash the rows that are
// left tell what has to be dispatched again.
type WorkOp struct {
	Seq  uint64
	Data []byte
}

// Timer is an armed timer.
type Timer struct {
	Due  time.Time
	Exec ExecID
	Seq  uint64
}

// Work is a piece of outstanding work.
type Work struct {
	Exec ExecID
	Seq  uint64
	Data []byte
}

// MessageKey names a message: to whom, and which of the receiver's waits it answers.
type MessageKey struct {
	To  ExecID
	Seq uint64
}

// Message is a durable note to an execution, kept in the inbox of its shard until consumed.
type Message struct {
	MessageKey
	Data []byte
}

// MetaOp writes (or, with a nil Value, deletes) a record that belongs to no execution: a state machine, a
// revision of one, an activity.
type MetaOp struct {
	Key   string
	Value []byte
	// Expect is the revision that the record must have now, else ErrConflict: 0, it must not exist;
	// AnyRevision, whatever it is.
	Expect int64
}

// AnyRevision lets a MetaOp overwrite whatever is there.
const AnyRevision = -1

// MetaRecord is a stored record and its revision, which counts its writes from 1.
type MetaRecord struct {
	Key      string
	Value    []byte
	Revision int64
}

// IndexOp writes a row of the index of executions (package search) or, with a nil Data, deletes it. Nothing else in the
// store follows from such a row: all of them can be made anew from the executions. Each node has keys of its own.
type IndexOp struct {
	Key  string
	Data []byte
}

// IndexRow is a row of the index.
type IndexRow struct {
	Key  string
	Data []byte
}

// End is when an execution ended, to the millisecond.
type End struct {
	At   time.Time
	Exec ExecID
}

// HistoryBlock holds the packed events First to Last of an execution.
type HistoryBlock struct {
	First, Last int64
	Data        []byte
}

// Ends are the record of an execution and the blocks that hold its first event and its last, all as of one moment.
type Ends struct {
	Execution *Execution
	First     HistoryBlock // the zero block when there are no events yet
	Last      HistoryBlock // First again when it holds that, too; the zero block while the execution runs
}

// ExecutionQuery selects executions of a state machine or of a Map Run, or those started through a version or an alias,
// newest start first.
type ExecutionQuery struct {
	Machine string // ARN of what it is. It is one of the Lists of the executions
	Status  Status // 0: any
	Before  ExecID // only ids below this one; the zero id: no bound
	Limit   int
}

// Store keeps executions, their history and the records around them. memstore, pebblestore and pgstore
// implement it; package storetest is the law they all pass. All methods may be called from any goroutine.
//
// Reads see every commit that was acknowledged before they began. Slices that a read returns are the
// caller's own.
type Store interface {
	// Acquire takes up to max shards that are free or whose lease ran out, raising their epoch.
	Acquire(ctx context.Context, node string, max int) ([]Lease, error)
	// Renew prolongs leases and returns those that are still held: a lease that ran out is, until another
	// node takes the shard.
	Renew(ctx context.Context, node string, held []Lease) ([]Lease, error)
	// Release gives leases up and ends their epochs, so that others need not wait.
	Release(ctx context.Context, node string, held []Lease) error

	// Commit writes b atomically and durably: when it returns nil, b survives a crash.
	Commit(ctx context.Context, b *Batch) error
	// Send puts messages into inboxes without a fence. A key that is there already is kept as it is. It is for a
	// node that is called about an execution of which another node owns the shard: it puts the call down here and
	// hints to the owner. What an execution itself sends goes with its Change. Where one node has all shards,
	// nobody calls it.
	Send(ctx context.Context, messages []Message) error

	// Inbox, Timers and Work list rows of a shard in key order, those after the key `after` (the zero value: from
	// the first on), n at most. Timers lists those due at or before until, soonest first.
	Inbox(ctx context.Context, shard ShardID, after MessageKey, n int) ([]Message, error)
	Timers(ctx context.Context, shard ShardID, until time.Time, after Timer, n int) ([]Timer, error)
	Work(ctx context.Context, shard ShardID, after MessageKey, n int) ([]Work, error)

	// Execution, Lookup, Threads and Blob read what belongs to one execution. Lookup finds it by its name.
	// Threads lists by number; an execution that is not there has none, and no history.
	Execution(ctx context.Context, id ExecID) (*Execution, error)
	Lookup(ctx context.Context, machineARN, name string) (ExecID, error)
	Threads(ctx context.Context, id ExecID) ([]ThreadRow, error)
	Blob(ctx context.Context, id ExecID, blob uint32) ([]byte, error)
	// History returns the blocks that hold the event first and those after it (reverse: and those before
	// it, in falling order), until they hold n events or the history ends.
	History(ctx context.Context, id ExecID, first int64, n int, reverse bool) ([]HistoryBlock, error)
	// Ends costs less than reading each of them.
	Ends(ctx context.Context, id ExecID) (Ends, error)
	// Executions lists records by q.
	Executions(ctx context.Context, q ExecutionQuery) ([]*Execution, error)

	// Meta reads one record; MetaList those whose key begins with prefix, in key order, those after the key `after`.
	Meta(ctx context.Context, key string) (MetaRecord, error)
	MetaList(ctx context.Context, prefix, after string, n int) ([]MetaRecord, error)

	// Newest lists the records of all executions, whatever they are of, the later ids first, those below before (the zero
	// id: all). Ended lists the records of those that have ended, in the order of End, those that come after an End.
	Newest(ctx context.Context, before ExecID, n int) ([]*Execution, error)
	Ended(ctx context.Context, after End, n int) ([]*Execution, error)

	// Index reads one row of the index; IndexList those whose key begins with prefix, in key order, those after the key
	// `after`.
	Index(ctx context.Context, key string) ([]byte, error)
	IndexList(ctx context.Context, prefix, after string, n int) ([]IndexRow, error)

	// Expire removes up to budget executions whose Stop is before the given time, and returns how many. Those
	// that stopped first go first.
	Expire(ctx context.Context, before time.Time, budget int) (int, error)
	// Close ends the store; calls after it are ErrUnavailable, but for Close itself.
	Close() error
}

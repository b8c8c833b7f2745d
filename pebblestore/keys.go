package pebblestore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/statelark/statelark"
)

// The layout of the keys. Numbers are big-endian, so that keys sort as their parts do; exec is the 16 bytes of
// an ExecID, shard two bytes, seq eight, machine the first half of the SHA-256 of a state machine's ARN, of that of one
// of an execution's Lists, due and stop Unix milliseconds with the sign bit turned.
//
//	v                          format of the directory, see format.go
//	g                          how far a step to that format has come; there while it is under way
//	y                          the build that opened the directory last
//	e                          how often the store was opened
//	x exec 'a'                 record of the execution, and its last event as of then
//	x exec 'h' last            history block whose last event is last
//	x exec 'p' id              blob
//	x exec 'r'                 what changes while it runs, thread row 0 too }
//	x exec 's' thread          another thread row                           } what only a running
//	x exec 't' due seq         that there is a t row                        } execution has: gone
//	x exec 'u' seq             that there is a w row                        } when it is closed; r and s may be kept
//	t shard due exec seq       timer                                        }
//	w shard exec seq           outstanding work                             }
//	q shard exec seq           message
//	n machine name             id of the execution of that name
//	i of status ^exec          list of executions of a status, newest first
//	c stop exec                executions that ended, by time
//	m key                      meta record
//	s key                      row of the index of executions
//
// All that lasts as long as the execution itself stands under its x key, so that one range holds it.
//
// Row 'r' names up to maxNoted of the thread rows, timers and work rows there are, so that a close need not look
// for them. Of those beyond, the rows 't' and 'u' spare it the search through the shards' queues.
//
// What the values look like is fixed by the format of the directory; record.go tells it. The engine's own bytes in
// them (blocks, thread rows, work rows, messages, meta records) have versions of their own, which the store does not
// know; blobs are texts.
const (
	prefixFormat = 'v'
	prefixStep   = 'g'
	prefixBuild  = 'y'
	prefixOpened = 'e'
	prefixExec   = 'x'
	prefixTimer  = 't'
	prefixWork   = 'w'
	prefixInbox  = 'q'
	prefixName   = 'n'
	prefixList   = 'i'
	prefixClosed = 'c'
	prefixMeta   = 'm'
	prefixIndex  = 's'
)

// The kinds of rows under an execution.
const (
	rowRecord  = 'a'
	rowHistory = 'h'
	rowBlob    = 'p'
	rowRunning = 'r'
	rowThread  = 's'
	rowTimer   = 't'
	rowWork    = 'u'
	rowsEnd    = 'v' // above them all
)

const idLen = len(statelark.ExecID{})

func appendExec(dst []byte, id statelark.ExecID, row byte) []byte {
	dst = append(dst, prefixExec)
	dst = append(dst, id[:]...)
	return append(dst, row)
}

func appendHistory(dst []byte, id statelark.ExecID, last int64) []byte {
	return binary.BigEndian.AppendUint64(appendExec(dst, id, rowHistory), uint64(last))
}

func appendBlob(dst []byte, id statelark.ExecID, blob uint32) []byte {
	return binary.BigEndian.AppendUint32(appendExec(dst, id, rowBlob), blob)
}

func appendThread(dst []byte, id statelark.ExecID, thread uint32) []byte {
	return binary.BigEndian.AppendUint32(appendExec(dst, id, rowThread), thread)
}

// appendMoment appends Unix milliseconds so that earlier times sort first.
func appendMoment(dst []byte, milli int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(milli)^1<<63)
}

func momentOf(key []byte) int64 { return int64(binary.BigEndian.Uint64(key) ^ 1<<63) }

// appendExecTimer appends the key of a timer among the rows of its execution.
func appendExecTimer(dst []byte, id statelark.ExecID, due int64, seq uint64) []byte {
	dst = appendMoment(appendExec(dst, id, rowTimer), due)
	return binary.BigEndian.AppendUint64(dst, seq)
}

func appendShard(dst []byte, prefix byte, shard statelark.ShardID) []byte {
	return binary.BigEndian.AppendUint16(append(dst, prefix), uint16(shard))
}

// appendTimer appends the key of a timer among the timers of its shard.
func appendTimer(dst []byte, id statelark.ExecID, due int64, seq uint64) []byte {
	dst = appendMoment(appendShard(dst, prefixTimer, id.Shard()), due)
	dst = append(dst, id[:]...)
	return binary.BigEndian.AppendUint64(dst, seq)
}

// timerOf takes a key of appendTimer apart.
func timerOf(key []byte) statelark.Timer {
	return statelark.Timer{
		Due:  time.UnixMilli(momentOf(key[3:])).UTC(),
		Exec: statelark.ExecID(key[11 : 11+idLen]),
		Seq:  binary.BigEndian.Uint64(key[11+idLen:]),
	}
}

// appendQueue appends the key of a row of outstanding work or of a message.
func appendQueue(dst []byte, prefix byte, k statelark.MessageKey) []byte {
	dst = appendShard(dst, prefix, k.To.Shard())
	dst = append(dst, k.To[:]...)
	return binary.BigEndian.AppendUint64(dst, k.Seq)
}

// queueKeyOf takes a key of appendQueue apart.
func queueKeyOf(key []byte) statelark.MessageKey {
	return statelark.MessageKey{To: statelark.ExecID(key[3 : 3+idLen]), Seq: binary.BigEndian.Uint64(key[3+idLen:])}
}

// appendExecWork appends the key that stands for a work row among the rows of its execution.
func appendExecWork(dst []byte, exec statelark.ExecID, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendExec(dst, exec, rowWork), seq)
}

func appendMachine(dst []byte, prefix byte, arn string) []byte {
	var text [256]byte
	sum := sha256.Sum256(append(text[:0], arn...))
	return append(append(dst, prefix), sum[:16]...)
}

func appendName(dst []byte, machine, name string) []byte {
	return append(appendMachine(dst, prefixName, machine), name...)
}

// appendList appends the key of an execution in a list; the zero id stands before all.
func appendList(dst []byte, of string, status statelark.Status, id statelark.ExecID) []byte {
	dst = append(appendMachine(dst, prefixList, of), byte(status))
	for _, b := range id {
		dst = append(dst, ^b)
	}
	return dst
}

// listedOf returns the id in a key of appendList.
func listedOf(key []byte) statelark.ExecID {
	id := statelark.ExecID(key[len(key)-idLen:])
	for i := range id {
		id[i] = ^id[i]
	}
	return id
}

func appendClosed(dst []byte, stop int64, id statelark.ExecID) []byte {
	return append(appendMoment(append(dst, prefixClosed), stop), id[:]...)
}

func appendMeta(dst []byte, key string) []byte {
	return append(append(dst, prefixMeta), key...)
}

func appendIndex(dst []byte, key string) []byte {
	return append(append(dst, prefixIndex), key...)
}

// upperBound returns the first key above all that begin with prefix, which must begin with one of the prefixes.
func upperBound(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; ; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
}

// prefixTexts say what rows are about.
var prefixTexts = map[byte]string{
	prefixExec: "execution", prefixTimer: "timer", prefixWork: "work", prefixInbox: "message", prefixName: "name of an execution",
	prefixList: "list of executions", prefixClosed: "end of an execution", prefixMeta: "record",
	prefixIndex: "index of executions",
}

// keyText tells people what a key is about.
func keyText(key []byte) string {
	if len(key) == 0 {
		return "nothing"
	}
	what, rest := prefixTexts[key[0]], key[1:]
	switch {
	case what == "":
		return "the store itself"
	case key[0] == prefixExec && len(rest) >= idLen:
		return what + " " + statelark.ExecID(rest[:idLen]).String()
	case key[0] == prefixMeta:
		return fmt.Sprintf("%s %q", what, rest)
	}
	return what
}

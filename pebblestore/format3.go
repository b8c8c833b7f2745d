package pebblestore

import (
	"encoding/binary"
	"errors"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/row"
)

// The step from format 2 to format 3. In format 2
//
//   - x exec 'a' held varints: last event, status as a byte and, of one that has ended, its stop time. It was
//     there for good, beside the record in x exec 'b'. Thread row 0 was a row like the others.
//   - every timer and work row had its row 't' or 'u' under the execution.
//   - a list of status 0 held the executions of all.
//   - nothing was packed.

// The rows of an execution that format 3 has no more.
const (
	row2Head   = 'a'
	row2Record = 'b'
)

// execTo3 converts a row under an execution.
func execTo3(c *conversion, key, value []byte) error {
	switch row := key[1+idLen]; row {
	case row2Head:
		return headTo3(c, statelark.ExecID(key[1:1+idLen]), value)
	case row2Record:
		return c.batch.Delete(key, nil) // went into row 'a'
	case rowThread:
		if binary.BigEndian.Uint32(key[1+idLen+1:]) == 0 {
			return c.batch.Delete(key, nil) // went into row 'r'
		}
		return packedTo3(c, key, value)
	case rowHistory:
		more, block, err := parseNumbered(value)
		if err != nil {
			return err
		}
		c.val = binary.AppendUvarint(c.val[:0], uint64(more))
		return c.pack(key, block)
	case rowBlob:
		return packedTo3(c, key, value)
	}
	return nil
}

// headTo3 makes row 'a' of what were rows 'a' and 'b', and row 'r' unless the execution is closed.
func headTo3(c *conversion, exec statelark.ExecID, value []byte) error {
	x, err := parseHead2(value)
	if err != nil {
		return err
	}
	record, err := c.store.get(appendExec(nil, exec, row2Record))
	if err != nil {
		return err
	}
	key := appendExec(nil, exec, rowRecord)
	if err := c.batch.Set(key, appendNumbered(nil, x.last, record), nil); err != nil {
		return err
	}
	header, err := c.store.get(appendThread(nil, exec, 0))
	switch {
	case err == nil:
		x.header, _ = appendPacked(nil, header, nil)
	case !errors.Is(err, statelark.ErrNotFound):
		return err
	case x.status != statelark.Running:
		return nil
	}
	x.more = true // nothing is noted: all that is to go has a row
	return c.batch.Set(appendExec(nil, exec, rowRunning), appendRunning(nil, exec, &x), nil)
}

func parseHead2(data []byte) (running, error) {
	r := row.NewReader(data, nil)
	x := running{last: int64(r.Uint()), status: statelark.Status(r.Byte())}
	if x.stopped = r.Len() > 0; x.stopped {
		x.stop = r.Int()
	}
	return x, whole(&r)
}

// packedTo3 packs the value of a row.
func packedTo3(c *conversion, key, value []byte) error {
	c.val = c.val[:0]
	return c.pack(key, value)
}

// pack appends data to what is in c.val and sets the row to that.
func (c *conversion) pack(key, data []byte) error {
	c.val, c.scratch = appendPacked(c.val, data, c.scratch)
	return c.batch.Set(key, c.val, nil)
}

// listTo3 removes the executions of all statuses from their list.
func listTo3(c *conversion, key, _ []byte) error {
	if status := key[len(key)-idLen-1]; status != 0 {
		return nil
	}
	return c.batch.Delete(key, nil)
}

package history

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/statelark/statelark/value"
)

// The packed form of a block of events:
//
//	block = version, uvarint count, varint id of the first event, event…
//	event = head, [varint id − previous], [varint milliseconds since the event before], field…
//	head  = type in the lower six bits; bit 6: previous is the id before; bit 7: same time as the event before
//	text  = uvarint(n<<2 | kind), then, of a literal, its n bytes
//
// Fields stand in the order of the type's row in the table, numbers as varints, assigned variables as their
// count and then name and value, all as texts. The ids of a block have no gaps, so only the first is kept. A
// literal text gets the next place in the block's list of texts, and so does a blob; a text that comes again is
// a place in that list. A text longer than inlineMax is a blob: its bytes are the store's, its id stands here.

// packedVersion is the first byte of a block. It must change whenever the table or the form does.
const packedVersion = 1

// inlineMax is the number of bytes up to which a text stands in the block itself.
const inlineMax = 4 << 10

const (
	sameChain = 1 << 6
	sameTime  = 1 << 7
	typeBits  = sameChain - 1
)

// The kinds of a text.
const (
	textLiteral = iota // n: its length
	textAgain          // n: its place in the list of texts
	textBlob           // n: the blob's id
	textNone           // a *string that is nil
)

// Payloads keeps the texts that are too long to stand in a block.
type Payloads interface {
	// Put keeps text and returns the id under which Get finds it. The same text may get the same id.
	Put(text string) uint32
	Get(id uint32) (string, error)
}

// Encoder packs blocks. The zero Encoder is ready; it keeps nothing from one block to the next but memory.
type Encoder struct {
	texts textList
}

// Encode appends the packed form of events to dst. Their ids must be consecutive. A nil p leaves every text
// in the block, whatever its length.
func (x *Encoder) Encode(dst []byte, events []Event, p Payloads) []byte {
	dst = append(dst, packedVersion)
	dst = binary.AppendUvarint(dst, uint64(len(events)))
	if len(events) == 0 {
		return dst
	}
	dst = binary.AppendVarint(dst, events[0].ID)
	var at int64
	for i := range events {
		e := &events[i]
		dst = x.appendEvent(dst, e, at, p)
		at = e.At
	}
	x.texts.clear()
	return dst
}

// appendEvent appends e; at is the time of the event before.
func (x *Encoder) appendEvent(dst []byte, e *Event, at int64, p Payloads) []byte {
	place := len(dst)
	dst = append(dst, byte(e.Type&typeBits))
	if e.Previous == e.ID-1 {
		dst[place] |= sameChain
	} else {
		dst = binary.AppendVarint(dst, e.ID-e.Previous)
	}
	if e.At == at {
		dst[place] |= sameTime
	} else {
		dst = binary.AppendVarint(dst, e.At-at)
	}
	if !e.Type.valid() {
		return dst
	}
	for _, f := range types[e.Type].fields {
		switch fields[f].form {
		case formOptional:
			if s := *e.optional(f); s != nil {
				dst = x.appendText(dst, *s, p)
			} else {
				dst = append(dst, textNone)
			}
		case formNumber, formCount:
			dst = binary.AppendVarint(dst, *e.number(f))
		case formAssigned:
			dst = binary.AppendUvarint(dst, uint64(len(e.Assigned)))
			for _, v := range e.Assigned {
				dst = x.appendText(dst, v.Key, p)
				dst = x.appendText(dst, v.Value.Text(), p)
			}
		default:
			dst = x.appendText(dst, *e.text(f), p)
		}
	}
	return dst
}

func (x *Encoder) appendText(dst []byte, s string, p Payloads) []byte {
	if s == "" {
		return append(dst, textLiteral)
	}
	if place, again := x.texts.add(s); again {
		return binary.AppendUvarint(dst, uint64(place)<<2|textAgain)
	}
	if p != nil && len(s) > inlineMax {
		return binary.AppendUvarint(dst, uint64(p.Put(s))<<2|textBlob)
	}
	dst = binary.AppendUvarint(dst, uint64(len(s))<<2) // textLiteral
	return append(dst, s...)
}

// Decoder reads a block event by event.
type Decoder struct {
	rest     string // the unread part of the block
	payloads Payloads
	texts    []string
	left     uint64 // events not yet read
	id, at   int64  // of the event read last
	err      error
}

// NewDecoder returns a decoder of a block, which must not change any more: the events' texts are parts of one
// copy of it. The decoder refuses a block that is not of this version, or broken, by Err.
func NewDecoder(block []byte, p Payloads) *Decoder {
	d := &Decoder{rest: string(block), payloads: p}
	switch {
	case d.rest == "":
		d.err = errBroken
	case d.rest[0] != packedVersion:
		d.err = fmt.Errorf("history block of version %d: this program reads version %d", d.rest[0], packedVersion)
	default:
		d.rest = d.rest[1:]
		if d.left = d.uvarint(); d.left > 0 {
			d.id = d.varint() - 1
		}
	}
	return d
}

var errBroken = errors.New("history block is broken")

// Next reads the next event into e and reports whether there was one; after false, see Err.
func (d *Decoder) Next(e *Event) bool {
	*e = Event{}
	if d.err == nil && d.left == 0 && d.rest != "" {
		d.err = errBroken
	}
	if d.err != nil || d.left == 0 {
		return false
	}
	d.left--
	d.event(e)
	if d.err != nil {
		*e = Event{}
		return false
	}
	return true
}

// Err says why the block could not be read to its end, nil when it could.
func (d *Decoder) Err() error { return d.err }

func (d *Decoder) event(e *Event) {
	head := d.byte()
	d.id++
	e.ID, e.Previous = d.id, d.id-1
	if head&sameChain == 0 {
		e.Previous = e.ID - d.varint()
	}
	if head&sameTime == 0 {
		d.at += d.varint()
	}
	e.At = d.at
	e.Type = Type(head & typeBits)
	if !e.Type.valid() {
		d.err = errBroken
		return
	}
	for _, f := range types[e.Type].fields {
		switch fields[f].form {
		case formOptional:
			if s, ok := d.text(); ok {
				*e.optional(f) = &s
			}
		case formNumber, formCount:
			*e.number(f) = d.varint()
		case formAssigned:
			e.Assigned = d.assigned()
		default:
			*e.text(f), _ = d.text()
		}
	}
}

func (d *Decoder) assigned() []value.Member {
	var variables []value.Member
	for n := d.uvarint(); n > 0 && d.err == nil; n-- {
		name, _ := d.text()
		text, _ := d.text()
		if d.err != nil {
			break
		}
		v, err := parsePayload(text)
		if err != nil {
			d.err = fmt.Errorf("history block: variable %s: %w", name, err)
			break
		}
		variables = append(variables, value.Member{Key: name, Value: v})
	}
	return variables
}

// parsePayload returns the value of a stored text, none for "".
func parsePayload(text string) (value.Value, error) {
	if text == "" {
		return value.Value{}, nil
	}
	return value.Parse(text)
}

// text reads a text; false: it is none.
func (d *Decoder) text() (string, bool) {
	tag := d.uvarint()
	n := tag >> 2
	switch tag & 3 {
	case textLiteral:
		if n > uint64(len(d.rest)) {
			d.err = errBroken
			return "", false
		}
		if n == 0 {
			return "", d.err == nil
		}
		s := d.rest[:n]
		d.rest = d.rest[n:]
		d.texts = append(d.texts, s)
		return s, true
	case textAgain:
		if n >= uint64(len(d.texts)) {
			d.err = errBroken
			return "", false
		}
		return d.texts[n], true
	case textBlob:
		return d.blob(n)
	}
	return "", false
}

func (d *Decoder) blob(id uint64) (string, bool) {
	if d.payloads == nil || id>>32 != 0 {
		d.err = errBroken
		return "", false
	}
	s, err := d.payloads.Get(uint32(id))
	if err != nil {
		d.err = fmt.Errorf("history block: payload %d: %w", id, err)
		return "", false
	}
	d.texts = append(d.texts, s)
	return s, true
}

func (d *Decoder) byte() byte {
	if d.rest == "" {
		d.err = errBroken
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

func (d *Decoder) uvarint() uint64 {
	var n uint64
	for shift := 0; shift < 64 && d.err == nil; shift += 7 {
		b := d.byte()
		if shift == 63 && b > 1 {
			break
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	d.err = errBroken
	return 0
}

func (d *Decoder) varint() int64 {
	n := d.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

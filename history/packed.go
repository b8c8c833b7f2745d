package history

import (
	"errors"
	"fmt"

	"github.com/statelark/statelark/row"
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
// a place in that list. A text that rows refer to, or that is long, is a blob: its bytes are the store's, its id
// stands here.

// packedVersion is the first byte of a block. It must change whenever the table or the form does.
const packedVersion = 1

// inlineMax is the number of bytes up to which a text stands in the block itself, although no row refers to it. It is
// more than row.InlineMax, since what only the history has is written once.
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

// Encoder packs blocks. The zero Encoder is ready; it keeps nothing from one block to the next but memory.
type Encoder struct {
	texts textList
	w     row.Writer // of the block under way
	p     row.Payloads
}

// Encode appends the packed form of events to dst. Their ids must be consecutive. A nil p leaves every text
// in the block, whatever its length.
func (x *Encoder) Encode(dst []byte, events []Event, p row.Payloads) []byte {
	x.w, x.p = row.NewWriter(dst, p), p
	x.w.Byte(packedVersion)
	x.w.Uint(uint64(len(events)))
	if len(events) > 0 {
		x.w.Int(events[0].ID)
	}
	var at int64
	for i := range events {
		x.event(&events[i], at)
		at = events[i].At
	}
	block := x.w.Row()
	x.texts.clear()
	x.w, x.p = row.Writer{}, nil
	return block
}

// event appends e; at is the time of the event before.
func (x *Encoder) event(e *Event, at int64) {
	head := byte(e.Type & typeBits)
	if e.Previous == e.ID-1 {
		head |= sameChain
	}
	if e.At == at {
		head |= sameTime
	}
	x.w.Byte(head)
	if head&sameChain == 0 {
		x.w.Int(e.ID - e.Previous)
	}
	if head&sameTime == 0 {
		x.w.Int(e.At - at)
	}
	if e.Type.valid() {
		x.fields(e)
	}
}

func (x *Encoder) fields(e *Event) {
	for _, f := range types[e.Type].fields {
		switch fields[f].form {
		case formOptional:
			if s := *e.optional(f); s != nil {
				x.text(*s)
			} else {
				x.w.Byte(textNone)
			}
		case formNumber, formCount:
			x.w.Int(*e.number(f))
		case formAssigned:
			x.w.Uint(uint64(len(e.Assigned)))
			for _, v := range e.Assigned {
				x.text(v.Key)
				x.text(v.Value.Text())
			}
		default:
			x.text(*e.text(f))
		}
	}
}

func (x *Encoder) text(s string) {
	if s == "" {
		x.w.Byte(textLiteral)
		return
	}
	if place, again := x.texts.add(s); again {
		x.w.Uint(uint64(place)<<2 | textAgain)
		return
	}
	if id, ok := x.blob(s); ok {
		x.w.Uint(uint64(id)<<2 | textBlob)
		return
	}
	x.w.Uint(uint64(len(s))<<2 + textLiteral)
	x.w.Raw(s)
}

// blob returns the number of a text that does not stand in the block.
func (x *Encoder) blob(s string) (uint32, bool) {
	if x.p == nil || len(s) <= row.InlineMax {
		return 0, false
	}
	if id, known := x.p.Known(s); known || len(s) <= inlineMax {
		return id, known
	}
	return x.p.Put(s), true
}

// Decoder reads a block event by event.
type Decoder struct {
	r      row.Reader
	texts  []storedText
	left   uint64 // events not yet read
	id, at int64  // of the event read last
	skips  bool   // the event being read is not wanted
}

// storedText is a text of the block.
type storedText struct {
	text string
	blob uint64 // of a blob that was not fetched so far: its number plus one
}

// NewDecoder returns a decoder of a block, which must not change any more: the events' texts are parts of one
// copy of it. The decoder refuses a block that is not of this version, or broken, by Err.
func NewDecoder(block []byte, p row.Payloads) *Decoder {
	d := &Decoder{r: row.NewReader(block, p)}
	if v := d.r.Byte(); v != packedVersion {
		d.r.Fail(fmt.Errorf("version %d is not known: this program reads version %d", v, packedVersion))
	}
	if d.left = d.r.Uint(); d.left > 0 {
		d.id = d.r.Int() - 1
	}
	return d
}

var errBroken = errors.New("it is broken")

// Next reads the next event into e and reports whether there was one; after false, see Err.
func (d *Decoder) Next(e *Event) bool {
	*e = Event{}
	if d.left == 0 {
		_ = d.r.Done()
	}
	if d.r.Err() != nil || d.left == 0 {
		return false
	}
	d.left--
	d.event(e)
	if d.r.Err() != nil {
		*e = Event{}
		return false
	}
	return true
}

// Skip reads the next event as Next does, for whom it is only in the way: its blobs and variables are not looked at.
func (d *Decoder) Skip() {
	var e Event
	d.skips = true
	d.Next(&e)
	d.skips = false
}

// Err says why the block could not be read to its end, nil when it could.
func (d *Decoder) Err() error {
	if err := d.r.Err(); err != nil {
		return fmt.Errorf("history block: %w", err)
	}
	return nil
}

func (d *Decoder) event(e *Event) {
	head := d.r.Byte()
	d.id++
	e.ID, e.Previous = d.id, d.id-1
	if head&sameChain == 0 {
		e.Previous = e.ID - d.r.Int()
	}
	if head&sameTime == 0 {
		d.at += d.r.Int()
	}
	e.At = d.at
	e.Type = Type(head & typeBits)
	if !e.Type.valid() {
		d.r.Fail(errBroken)
		return
	}
	for _, f := range types[e.Type].fields {
		switch fields[f].form {
		case formOptional:
			if s, ok := d.text(); ok {
				*e.optional(f) = &s
			}
		case formNumber, formCount:
			*e.number(f) = d.r.Int()
		case formAssigned:
			e.Assigned = d.assigned()
		default:
			*e.text(f), _ = d.text()
		}
	}
}

func (d *Decoder) assigned() []value.Member {
	var variables []value.Member
	for n := d.r.Uint(); n > 0 && d.r.Err() == nil; n-- {
		name, _ := d.text()
		text, _ := d.text()
		if d.r.Err() != nil {
			break
		}
		if d.skips {
			continue
		}
		v, err := parsePayload(text)
		if err != nil {
			d.r.Fail(fmt.Errorf("variable %s: %w", name, err))
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
	tag := d.r.Uint()
	n := tag >> 2
	switch tag & 3 {
	case textLiteral:
		s := d.r.Raw(n)
		if s != "" {
			d.texts = append(d.texts, storedText{text: s})
		}
		return s, d.r.Err() == nil
	case textAgain:
		if n >= uint64(len(d.texts)) {
			d.r.Fail(errBroken)
			return "", false
		}
		return d.fetch(&d.texts[n])
	case textBlob:
		d.texts = append(d.texts, storedText{blob: n + 1})
		return d.fetch(&d.texts[len(d.texts)-1])
	}
	return "", false
}

// fetch returns a text, which is "" when it is not wanted and not there.
func (d *Decoder) fetch(t *storedText) (string, bool) {
	if t.blob != 0 && !d.skips {
		*t = storedText{text: d.r.Blob(t.blob - 1)}
	}
	return t.text, d.r.Err() == nil
}

package search

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sort"

	"github.com/klauspost/compress/s2"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/row"
	"github.com/statelark/statelark/search/query"
)

// A segment is a block of documents that never change, in the order of their ids. It is four rows: the header, which is
// in memory, the records, the payloads, and a filter of the terms of the payloads. Rows begin with a version. The header
// is written anew when documents are replaced by later ones: it tells which of its own are dead.
//
// Invariant: of each execution one document is live.

// formatVersion is the version of the rows of a segment.
const formatVersion = 1

// segment is what is known of a segment without reading it: its header. Nobody changes it once others know of it.
type segment struct {
	number      uint64 // of its keys; later ones are higher
	count       int
	first, last statelark.ExecID
	minStart    int64 // Unix ms, as the next ones
	maxStart    int64
	maxStop     int64    // of those that ended, 0 when none did
	statuses    uint16   // a bit for each
	running     int      // live documents of executions that ran
	dead        []uint64 // a bit for each document that was replaced; nil: none
	deaths      int
}

// mark says that a document of a segment is replaced.
type mark struct {
	segment uint64
	at      int
	running bool // it was of an execution that ran
}

func (s *segment) isDead(at int) bool { return s.dead != nil && s.dead[at/64]&(1<<(at%64)) != 0 }

func (s *segment) live() int { return s.count - s.deaths }

// without returns the segment with more documents dead.
func (s *segment) without(marks []mark) *segment {
	next := *s
	next.dead = make([]uint64, (s.count+63)/64)
	copy(next.dead, s.dead)
	for _, m := range marks {
		if m.at >= s.count || next.isDead(m.at) {
			continue
		}
		next.dead[m.at/64] |= 1 << (m.at % 64)
		next.deaths++
		if m.running {
			next.running--
		}
	}
	return &next
}

// parts are the rows of a segment.
type parts struct{ header, records, payloads, filter []byte }

// buildSegment makes a segment of documents.
func buildSegment(number uint64, docs []*document) (*segment, parts) {
	slices.SortFunc(docs, func(a, b *document) int { return slices.Compare(a.id[:], b.id[:]) })
	h := &segment{
		number: number, count: len(docs), first: docs[0].id, last: docs[len(docs)-1].id, minStart: docs[0].start, maxStart: docs[0].start,
	}
	for _, d := range docs {
		h.minStart, h.maxStart, h.maxStop = min(h.minStart, d.start), max(h.maxStart, d.start), max(h.maxStop, d.stop)
		h.statuses |= 1 << d.status
		if d.stop == 0 {
			h.running++
		}
	}
	return h, parts{h.append(), appendRecords(docs), appendPayloads(docs), appendFilter(docs)}
}

func (s *segment) append() []byte {
	w := row.NewWriter([]byte{formatVersion}, nil)
	w.Uint(uint64(s.count))
	w.Raw(string(s.first[:]))
	w.Raw(string(s.last[:]))
	w.Int(s.minStart)
	w.Int(s.maxStart)
	w.Int(s.maxStop)
	w.Uint(uint64(s.statuses))
	w.Uint(uint64(s.running))
	w.Uint(uint64(len(s.dead)))
	for _, word := range s.dead {
		w.Uint(word)
	}
	return w.Row()
}

var errBroken = errors.New("a row of the index is broken")

// version takes the version off a row.
func version(data []byte) ([]byte, error) {
	if len(data) == 0 || data[0] != formatVersion {
		return nil, fmt.Errorf("%w: it has no version that is known", errBroken)
	}
	return data[1:], nil
}

func parseHeader(number uint64, data []byte) (*segment, error) {
	data, err := version(data)
	if err != nil {
		return nil, err
	}
	r := row.NewReader(data, nil)
	h := &segment{number: number, count: int(r.Uint())}
	copy(h.first[:], r.Raw(uint64(len(h.first))))
	copy(h.last[:], r.Raw(uint64(len(h.last))))
	h.minStart, h.maxStart, h.maxStop = r.Int(), r.Int(), r.Int()
	h.statuses, h.running = uint16(r.Uint()), int(r.Uint())
	for n := r.Count(); n > 0; n-- {
		word := r.Uint()
		h.dead, h.deaths = append(h.dead, word), h.deaths+bits.OnesCount64(word)
	}
	if h.dead != nil && len(h.dead) != (h.count+63)/64 {
		r.Fail(errBroken)
	}
	return h, broken(r.Done())
}

func broken(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return nil
}

// records are the documents of a segment without their payloads.
type records struct {
	texts []string // that several of them have
	list  []record
}

// record is a document; texts are by their place in records.texts.
type record struct {
	id               statelark.ExecID
	start, stop      int64
	redrives, events int64
	name             string
	machine, err     uint32
	alias, version   uint32
	mapRun           uint32
	status           statelark.Status
}

func (r *record) age() int64 { return ageOf(r.redrives, r.stop != 0) }

// dictionary gives numbers to texts.
type dictionary struct {
	numbers map[string]uint32
	texts   []string
}

func (d *dictionary) number(text string) uint64 {
	n, ok := d.numbers[text]
	if !ok {
		n = uint32(len(d.texts))
		d.numbers[text] = n
		d.texts = append(d.texts, text)
	}
	return uint64(n)
}

func appendRecords(docs []*document) []byte {
	texts := dictionary{numbers: map[string]uint32{}}
	w := row.NewWriter(nil, nil)
	for _, d := range docs {
		w.Raw(string(d.id[:]))
		w.Byte(byte(d.status))
		w.Int(d.start - d.id.Start().UnixMilli())
		w.Uint(uint64(stopCode(d.start, d.stop)))
		for _, text := range [...]string{d.machine, d.err, d.alias, d.version, d.mapRun} {
			w.Uint(texts.number(text))
		}
		w.Uint(uint64(d.redrives))
		w.Uint(uint64(d.events))
		w.Text(d.name)
	}
	head := row.NewWriter(nil, nil)
	head.Uint(uint64(len(docs)))
	head.Uint(uint64(len(texts.texts)))
	for _, text := range texts.texts {
		head.Text(text)
	}
	return append([]byte{formatVersion}, s2.Encode(nil, append(head.Row(), w.Row()...))...)
}

// stopCode is a stop time as it is stored: 0 when there is none, else a zigzag of the time that it took, and 1 more.
func stopCode(start, stop int64) int64 {
	took := stop - start
	switch {
	case stop == 0:
		return 0
	case took < 0:
		return -2*took - 1 + 1
	}
	return 2*took + 1
}

func stopOf(start, code int64) int64 {
	switch code--; {
	case code < 0:
		return 0
	case code%2 == 1:
		return start - (code+1)/2
	}
	return start + code/2
}

func unpack(data []byte) ([]byte, error) {
	data, err := version(data)
	if err == nil {
		data, err = s2.Decode(nil, data)
	}
	return data, broken(err)
}

func parseRecords(data []byte) (*records, error) {
	data, err := unpack(data)
	if err != nil {
		return nil, err
	}
	r := row.NewReader(data, nil)
	n := r.Count()
	all := &records{texts: make([]string, 0, 16), list: make([]record, n)}
	for k := r.Count(); k > 0; k-- {
		all.texts = append(all.texts, r.Text())
	}
	text := func() uint32 {
		i := r.Uint()
		if i >= uint64(len(all.texts)) {
			r.Fail(errBroken)
			return 0
		}
		return uint32(i)
	}
	for i := range all.list {
		x := &all.list[i]
		copy(x.id[:], r.Raw(uint64(len(x.id))))
		x.status = statelark.Status(r.Byte())
		x.start = x.id.Start().UnixMilli() + r.Int()
		x.stop = stopOf(x.start, int64(r.Uint()))
		x.machine, x.err, x.alias, x.version, x.mapRun = text(), text(), text(), text(), text()
		x.redrives, x.events = int64(r.Uint()), int64(r.Uint())
		x.name = r.Text()
		if r.Err() != nil {
			break
		}
	}
	return all, broken(r.Done())
}

// below returns how many records have an id below another.
func (r *records) below(id statelark.ExecID) int {
	return sort.Search(len(r.list), func(i int) bool { return slices.Compare(r.list[i].id[:], id[:]) >= 0 })
}

// find returns the place of the record of an execution, -1 when there is none.
func (r *records) find(id statelark.ExecID) int {
	if i := r.below(id); i < len(r.list) && r.list[i].id == id {
		return i
	}
	return -1
}

// document returns record i as a document without payloads.
func (r *records) document(i int) *document {
	x := &r.list[i]
	return &document{
		id: x.id, status: x.status, start: x.start, stop: x.stop, machine: r.texts[x.machine], name: x.name, err: r.texts[x.err],
		alias: r.texts[x.alias], version: r.texts[x.version], mapRun: r.texts[x.mapRun], redrives: x.redrives, events: x.events,
	}
}

func (r *records) bytes() int { return 100 + len(r.list)*(112+40) }

func appendPayloads(docs []*document) []byte {
	size := 0
	for _, d := range docs {
		size += len(d.payloads.Input) + len(d.payloads.Output) + len(d.payloads.Cause) + 8
	}
	w := row.NewWriter(make([]byte, 0, size), nil)
	for _, d := range docs {
		w.Uint(uint64(len(d.payloads.Input)))
		w.Uint(uint64(len(d.payloads.Output)))
		w.Uint(uint64(len(d.payloads.Cause)))
	}
	for _, d := range docs {
		w.Raw(d.payloads.Input)
		w.Raw(d.payloads.Output)
		w.Raw(d.payloads.Cause)
	}
	return append([]byte{formatVersion}, s2.Encode(nil, w.Row())...)
}

// parsePayloads returns the payloads of n documents.
func parsePayloads(data []byte, n int) ([]query.Payloads, error) {
	data, err := unpack(data)
	if err != nil {
		return nil, err
	}
	r := row.NewReader(data, nil)
	lengths := make([]uint64, 3*n)
	for i := range lengths {
		lengths[i] = r.Uint()
	}
	list := make([]query.Payloads, n)
	for i := range list {
		list[i] = query.Payloads{Input: r.Raw(lengths[3*i]), Output: r.Raw(lengths[3*i+1]), Cause: r.Raw(lengths[3*i+2])}
		if r.Err() != nil {
			break
		}
	}
	return list, broken(r.Done())
}

package model

import (
	_ "embed" // models.bin
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// table is what make/models.py made; it says there how it is laid out.
//
//go:embed models.bin
var table string

// version is that of the layout.
const version = 1

// Entry is what the index has of a service: it is there without reading the service itself.
type Entry struct{ Name, ID, SigningName, TargetPrefix string }

// entry is a service in the index.
type entry struct {
	Entry
	frame   string // packed
	once    sync.Once
	service *Service
}

var index = sync.OnceValue(readIndex)

// indexed is the index by the names that services have.
type indexed struct {
	names   []string // sorted
	entries []entry  // in the order of names
	places  string   // where services are, packed
	decoder *zstd.Decoder
}

func readIndex() *indexed {
	head := table
	if len(head) < 4 || head[:3] != "SLM" || head[3] != version {
		panic("models.bin has another layout than this build reads")
	}
	head = head[4:]
	size := take(&head)
	// One goroutine, and no memory kept for a stream: frames are small.
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic("unpacking models.bin: " + err.Error())
	}
	x := &indexed{decoder: decoder}
	f := x.unpack(head[:size])
	head = head[size:]
	n := f.num(colService)
	x.names, x.entries = make([]string, n), make([]entry, n)
	for i := range x.entries {
		e := &x.entries[i]
		e.Entry = Entry{f.text(colService), f.text(colService), f.text(colService), f.text(colService)}
		size := f.num(colService)
		e.frame, head = head[:size], head[size:]
		x.names[i] = e.Name
	}
	x.places = head
	return x
}

// byTask are the services by their names in Tasks. Two models of one service share one: the first has it.
var byTask = sync.OnceValue(func() map[string]*entry {
	x := index()
	m := make(map[string]*entry, len(x.entries))
	for i := range x.entries {
		e := &x.entries[i]
		if task := TaskName(e.ID); m[task] == nil {
			m[task] = e
		}
	}
	return m
})

func (x *indexed) find(name string) *entry {
	if i, ok := slices.BinarySearch(x.names, name); ok {
		return &x.entries[i]
	}
	return nil
}

func (x *indexed) load(e *entry) *Service {
	if e == nil {
		return nil
	}
	e.once.Do(func() {
		f := x.unpack(e.frame)
		e.service = f.service(e.Name)
	})
	return e.service
}

// Load returns the model of a service, nil when there is none of that name.
func Load(name string) *Service { return index().load(index().find(name)) }

// Peek reads the model of a service as Load does and keeps nothing of it: all that Load has read stays in memory. nil when
// there is none of that name.
func Peek(name string) *Service {
	e := index().find(name)
	if e == nil {
		return nil
	}
	return index().unpack(e.frame).service(e.Name)
}

// Names are those of all services, sorted. Nobody changes them.
func Names() []string { return index().names }

// Entries yields what the index has of all services, by name.
func Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for i := range index().entries {
			if !yield(index().entries[i].Entry) {
				return
			}
		}
	}
}

// ByTask returns the model of the service that a Task's resource arn:aws:states:::aws-sdk:NAME:… means, nil when there is none.
func ByTask(name string) *Service { return index().load(byTask()[name]) }

// The columns of a frame, in their order.
const (
	colLengths = iota
	colTexts
	colService
	colOperation
	colOperationName
	colError
	colKind
	colShape
	colShapeText
	colCount
	colMemberName
	colMemberShape
	colMemberFlags
	colMember
	colMemberText
	colConstraint
	colWord
	columns
)

// frame is an unpacked frame that is being read, column by column. The table is part of the program: what is wrong in it is
// a fault of the build, and a panic.
type frame struct {
	column [columns]string
	texts  []string
	used   int // of texts
	shapes []Shape
	seen   int // of shapes
}

func (x *indexed) unpack(packed string) *frame {
	raw, err := x.decoder.DecodeAll([]byte(packed), nil)
	if err != nil {
		panic(fmt.Sprintf("unpacking models.bin: %v", err))
	}
	rest, f := string(raw), new(frame)
	for i := range f.column {
		size := take(&rest)
		f.column[i], rest = rest[:size], rest[size:]
	}
	f.texts = make([]string, f.num(colLengths))
	all := f.column[colTexts]
	for i := range f.texts {
		size := f.num(colLengths)
		f.texts[i], all = all[:size], all[size:]
	}
	return f
}

// take reads a varint off the front of s.
func take(s *string) int {
	n, shift := 0, 0
	for i := range len(*s) {
		b := (*s)[i]
		n |= int(b&0x7F) << shift
		if b < 0x80 {
			*s = (*s)[i+1:]
			return n
		}
		shift += 7
	}
	panic("models.bin is cut short")
}

func (f *frame) num(column int) int { return take(&f.column[column]) }

func (f *frame) signed(column int) int64 {
	n := f.num(column)
	return int64(n>>1) ^ -int64(n&1)
}

func (f *frame) text(column int) string {
	n := f.num(column)
	if n == 0 {
		f.used++
		n = f.used
	}
	return f.texts[n-1]
}

func (f *frame) shape(column int) *Shape {
	n := f.num(column)
	if n == 0 {
		f.seen++
		n = f.seen
	}
	return &f.shapes[n-1]
}

// flags reads bits, lowest first.
type flags struct{ bits int }

func (f *flags) next() bool {
	set := f.bits&1 != 0
	f.bits >>= 1
	return set
}

func (f *frame) service(name string) *Service {
	s := &Service{
		Name: name, ID: f.text(colService), EndpointPrefix: f.text(colService), SigningName: f.text(colService),
		TargetPrefix: f.text(colService), JSONVersion: f.text(colService), Version: f.text(colService),
		Namespace: f.text(colService), Signature: f.text(colService),
		Protocol: Protocol(f.num(colService)), Protocols: make([]Protocol, f.num(colService)),
	}
	if s.SigningName == "" {
		s.SigningName = s.EndpointPrefix
	}
	for i := range s.Protocols {
		s.Protocols[i] = Protocol(f.num(colService))
	}
	s.QueryErrors = f.num(colService) != 0
	s.Constrained = f.num(colService) != 0
	operations := make([]Operation, f.num(colService))
	f.shapes = make([]Shape, f.num(colService))
	members := make([]Member, f.num(colService))
	s.Operations = make(map[string]*Operation, len(operations))
	for i := range operations {
		f.operation(&operations[i])
		s.Operations[operations[i].Name] = &operations[i]
	}
	for i := range f.shapes {
		members = f.fill(&f.shapes[i], members)
	}
	return s
}

func (f *frame) operation(o *Operation) {
	*o = Operation{Name: f.text(colOperationName), Method: "POST", Path: "/", Status: 200}
	has := flags{f.num(colOperation)}
	if has.next() {
		o.Method = f.text(colOperation)
	}
	if has.next() {
		o.Path = f.text(colOperation)
	}
	if has.next() {
		o.Status = f.num(colOperation)
	}
	if has.next() {
		o.Input = f.shape(colOperation)
	}
	if has.next() {
		o.Output = f.shape(colOperation)
	}
	if has.next() {
		o.Errors = make([]*Shape, f.num(colError))
		for i := range o.Errors {
			o.Errors[i] = f.shape(colError)
		}
	}
	if has.next() {
		o.HostPrefix = f.text(colOperation)
	}
	o.Checksum, o.Unsigned, o.UnsignedBody = has.next(), has.next(), has.next()
	if has.next() {
		o.ResultWrapper = f.text(colOperation)
	}
	if has.next() {
		o.ChecksumMember = f.text(colOperation)
	}
	o.Deprecated = has.next()
}

// fill reads a shape. Its members are the first of members; the others are returned.
func (f *frame) fill(s *Shape, members []Member) []Member {
	s.Kind = Kind(f.num(colKind))
	has := flags{f.num(colShape)}
	for _, text := range []*string{&s.Name, &s.Payload, &s.KeyName, &s.ElemName} {
		f.textIf(has.next(), colShapeText, text)
	}
	s.Flattened, s.Streaming, s.EventStream, s.Document, s.Union = has.next(), has.next(), has.next(), has.next(), has.next()
	for _, text := range []*string{&s.TimeFormat, &s.XMLName, &s.Namespace, &s.Prefix} {
		f.textIf(has.next(), colShapeText, text)
	}
	s.Error = has.next()
	f.textIf(has.next(), colShapeText, &s.ErrorCode)
	if has.next() {
		s.ErrorStatus = f.num(colShape)
	}
	s.Fault, s.Sensitive = has.next(), has.next()
	f.constraints(s, &has)
	s.Sparse = has.next()
	switch s.Kind {
	case Structure:
		n := f.num(colCount)
		s.Members, members = members[:n:n], members[n:]
		for i := range s.Members {
			f.member(&s.Members[i])
		}
	case Map:
		s.Key = f.shape(colMemberShape)
		s.Elem = f.shape(colMemberShape)
	case List:
		s.Elem = f.shape(colMemberShape)
	}
	return members
}

func (f *frame) textIf(has bool, column int, text *string) {
	if has {
		*text = f.text(column)
	}
}

func (f *frame) constraints(s *Shape, has *flags) {
	if has.next() {
		s.Min = f.signed(colConstraint)
	}
	if has.next() {
		s.Max = f.signed(colConstraint)
	}
	if has.next() {
		s.Enum = make([]string, f.num(colConstraint))
		for i := range s.Enum {
			s.Enum[i] = f.text(colWord)
		}
	}
	f.textIf(has.next(), colWord, &s.Pattern)
	if has.next() {
		s.Bounded = Bounds(f.num(colConstraint))
	}
}

func (f *frame) member(m *Member) {
	m.Name, m.Shape = f.text(colMemberName), f.shape(colMemberShape)
	has := flags{f.num(colMemberFlags)}
	m.Required = has.next()
	if has.next() {
		m.Location = Location(f.num(colMember))
	}
	f.textIf(has.next(), colMemberText, &m.Wire)
	m.Flattened, m.Attribute, m.Token, m.HostLabel = has.next(), has.next(), has.next(), has.next()
	m.JSONValue, m.Streaming = has.next(), has.next()
	for _, text := range []*string{&m.QueryName, &m.Namespace, &m.Prefix} {
		f.textIf(has.next(), colMemberText, text)
	}
}

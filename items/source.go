package items

import (
	"context"
	"errors"
	"io"

	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/s3"
)

// Source gives the items of a data set in their order. It is for one goroutine.
type Source struct {
	store s3.Store
	spec  Spec
	ctx   context.Context // of the call under way

	limits  *limits.Limits
	given   int64
	cut     bool
	objects objects // where the objects to read are named; nil when the spec names the one
	records records // of the object that is read; nil between two
	done    bool
	err     error // what the next call of Next returns
}

// records are the items of one object or list.
type records interface {
	next() (Item, error) // io.EOF after the last
	at() place           // where next goes on
	close()
}

// objects name what is to be read, one after the other.
type objects interface {
	next() (place, error) // io.EOF after the last
	at() place
	close()
}

// Open returns the source of a data set, which begins with its first item when from is nil, else where the Source
// stood that gave from as its Cursor. An object that changed since then is an *Error. l are the limits that the data
// set is held to, AWS's when it is nil.
func Open(ctx context.Context, store s3.Store, spec Spec, from []byte, l *limits.Limits) (*Source, error) {
	l = limits.Or(l)
	if err := spec.check(l); err != nil {
		return nil, err
	}
	c, err := parseCursor(from)
	if err != nil {
		return nil, err
	}
	s := &Source{store: store, spec: spec, limits: l, given: c.Given, done: c.Done, ctx: ctx}
	if s.done {
		return s, nil
	}
	if err := s.open(c); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// pageBytes is when a page of items is full whatever their number.
const pageBytes = 4 << 20

// Next returns the items that follow, max at most and fewer when they are large or the data set ends. After the last
// one it returns none and io.EOF. An error that stands behind some items is returned by the call after theirs. A Source
// that failed, be it with the error of ctx, gives nothing more; its Cursor stands after the last item it gave.
func (s *Source) Next(ctx context.Context, max int) ([]Item, error) {
	s.ctx = ctx
	var page []Item
	for size := 0; len(page) < max && size < pageBytes && s.err == nil; {
		item, err := s.one()
		if err != nil {
			s.err = err
			break
		}
		size += item.Value.Size() + len(item.Key)
		page = append(page, item)
	}
	if len(page) > 0 || max <= 0 {
		return page, nil
	}
	return nil, s.err
}

// one returns the next item.
func (s *Source) one() (Item, error) {
	for !s.done {
		if s.spec.MaxItems > 0 && s.given >= s.spec.MaxItems {
			break
		}
		if s.records == nil {
			if err := s.nextObject(); err != nil {
				return Item{}, err
			}
			continue
		}
		item, err := s.records.next()
		if err == nil {
			if s.cut = s.limits.MapRunItems.Reached(s.given); s.cut {
				break
			}
			s.given++
			return item, nil
		}
		if !errors.Is(err, io.EOF) {
			return Item{}, err
		}
		s.records.close()
		s.records = nil
		s.done = s.objects == nil
	}
	s.done = true
	return Item{}, io.EOF
}

// Cut reports whether items were left out because there are more than the limits let one run have.
func (s *Source) Cut() bool { return s.cut }

// nextObject opens the object that is named next, or finds that there is none.
func (s *Source) nextObject() error {
	target, err := s.objects.next()
	if errors.Is(err, io.EOF) {
		s.done = true
		return nil
	}
	if err != nil {
		return err
	}
	s.records, err = s.openObject(target)
	return err
}

// Cursor returns where the source stands: after the last item that Next has returned.
func (s *Source) Cursor() []byte {
	c := cursor{Given: s.given, Done: s.done}
	if !s.done {
		if s.records != nil {
			inner := s.records.at()
			c.Inner = &inner
		}
		if s.objects != nil {
			outer := s.objects.at()
			c.Outer = &outer
		}
	}
	return c.append(nil)
}

// Close lets go of what the source holds.
func (s *Source) Close() {
	if s.records != nil {
		s.records.close()
	}
	if s.objects != nil {
		s.objects.close()
	}
}

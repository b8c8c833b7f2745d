package api

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/awswire"
)

// A token for the next page holds where the page begins and until when it may be used, and a hash over both,
// the operation and its other arguments:
//
//	base64url( hash, 8 bytes · expiry, 8 bytes of Unix seconds · cursor )
//
// The hash guards against mistakes and not against forgery: a cursor shows nothing that the caller may not list
// anyway. maxResults is not among the arguments it covers, AWS lets it change from page to page.

const (
	defaultPage = 100
	tokenLife   = 24 * time.Hour
)

var tokenText = base64.RawURLEncoding

// page is where a listing begins and how many items it may have.
type page struct {
	operation string
	args      string // all other arguments, and the place of the caller
	cursor    string // the last item of the page before, "" on the first page
	size      int
}

// pageOf reads the page that a call asks for.
func (s *Server) pageOf(operation string, c *awswire.Call) (page, error) {
	p := page{operation: operation, args: c.Without("nextToken", "maxResults") + c.Place.ARN("states", ""), size: int(c.Int("maxResults"))}
	if p.size == 0 {
		p.size = defaultPage
	}
	if !c.Has("nextToken") {
		return p, nil
	}
	raw, err := tokenText.DecodeString(c.Str("nextToken"))
	if err != nil || len(raw) <= 16 {
		return p, invalidToken()
	}
	expiry := binary.BigEndian.Uint64(raw[8:])
	p.cursor = string(raw[16:])
	if p.hash(expiry) != binary.BigEndian.Uint64(raw) || uint64(s.now().Unix()) > expiry {
		return p, invalidToken()
	}
	return p, nil
}

func invalidToken() error {
	return statelark.Errorf(statelark.CodeInvalidToken, "Invalid Token: 'Invalid token'")
}

// writeNext writes the token of the page that begins after cursor.
func (s *Server) writeNext(c *awswire.Call, p page, cursor string) {
	p.cursor = cursor
	expiry := uint64(s.now().Add(tokenLife).Unix())
	raw := binary.BigEndian.AppendUint64(nil, p.hash(expiry))
	raw = binary.BigEndian.AppendUint64(raw, expiry)
	c.Out.Str("nextToken", tokenText.EncodeToString(append(raw, cursor...)))
}

// writeItems writes the first n items of a list as a member. When there are more, it returns the last that it wrote,
// after which the next page begins, and else nil.
func writeItems[T any](w *awswire.Writer, member string, items []*T, n int, write func(*awswire.Writer, *T)) (last *T) {
	if len(items) > n {
		items = items[:n]
		last = items[n-1]
	}
	w.Open(member, '[')
	for _, item := range items {
		w.Open("", '{')
		write(w, item)
		w.Close('}')
	}
	w.Close(']')
	return last
}

func (p page) hash(expiry uint64) uint64 {
	h := fnv.New64a()
	for _, part := range [...]string{p.operation, p.args, p.cursor} {
		_, _ = h.Write([]byte(part)) // a hash takes everything
		_, _ = h.Write([]byte{0})
	}
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, expiry))
	return h.Sum64()
}

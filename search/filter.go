package search

import (
	"encoding/binary"
	"slices"

	"github.com/statelark/statelark/search/query"
)

// A filter is a Bloom filter of terms: bits in little-endian words.

const (
	filterBits   = 10 // for each term: one of a hundred that are not there seems to be
	filterHashes = 6
)

// appendFilter makes the filter of the payloads of documents.
func appendFilter(docs []*document) []byte {
	var terms []query.Term
	for _, d := range docs {
		query.Terms(d.payloads.Input, d.payloads.Output, func(t query.Term) { terms = append(terms, t) })
	}
	slices.Sort(terms)
	terms = slices.Compact(terms)
	words := make([]uint64, (len(terms)*filterBits+63)/64)
	for _, t := range terms {
		for bit := range bitsOf(t, len(words)) {
			words[bit/64] |= 1 << (bit % 64)
		}
	}
	data := []byte{formatVersion}
	for _, w := range words {
		data = binary.LittleEndian.AppendUint64(data, w)
	}
	return data
}

// bitsOf yields the bits that a term sets in a filter of some words.
func bitsOf(t query.Term, words int) func(yield func(uint64) bool) {
	return func(yield func(uint64) bool) {
		h := uint64(t)
		h ^= h >> 33
		h *= 0xff51afd7ed558ccd
		h ^= h >> 33
		step := h>>32 | 1
		for range filterHashes {
			if words == 0 || !yield(h%uint64(64*words)) {
				return
			}
			h += step * 0x9e3779b97f4a7c15
		}
	}
}

// filter is the filter of a segment.
type filter []byte

func parseFilter(data []byte) (filter, error) {
	data, err := version(data)
	return filter(data), err
}

// has reports whether a term may be there.
func (f filter) has(t query.Term) bool {
	words := len(f) / 8
	if words == 0 {
		return false
	}
	for bit := range bitsOf(t, words) {
		if f[bit/64*8+bit%64/8]&(1<<(bit%8)) == 0 {
			return false
		}
	}
	return true
}

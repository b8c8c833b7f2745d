package history

import "encoding/binary"

// textList is the list of texts of a block that is being packed, with a small hash table to find a text
// again. The hash looks at a few bytes only and a search gives up after probes places: to miss a text that
// came before costs its bytes a second time and nothing else.
type textList struct {
	texts []string
	slots []int32 // place in texts plus 1, 0: free; a power of two of them, at least twice as many as texts
}

const (
	probes   = 8
	minSlots = 64
)

// add returns the place of s, and whether it was there already.
func (l *textList) add(s string) (place int, again bool) {
	if 2*len(l.texts) >= len(l.slots) {
		l.grow()
	}
	h := hashText(s)
	for i := range uint64(probes) {
		slot := &l.slots[(h+i)&uint64(len(l.slots)-1)]
		if *slot == 0 {
			*slot = int32(len(l.texts) + 1)
			break
		}
		if place := int(*slot - 1); l.texts[place] == s {
			return place, true
		}
	}
	l.texts = append(l.texts, s)
	return len(l.texts) - 1, false
}

func (l *textList) grow() {
	l.slots = make([]int32, max(minSlots, 2*len(l.slots)))
	for place, s := range l.texts {
		h := hashText(s)
		for i := range uint64(probes) {
			if slot := &l.slots[(h+i)&uint64(len(l.slots)-1)]; *slot == 0 {
				*slot = int32(place + 1)
				break
			}
		}
	}
}

// keptSlots is the size up to which the table is kept for the next block.
const keptSlots = 1024

func (l *textList) clear() {
	clear(l.texts)
	l.texts = l.texts[:0]
	if len(l.slots) > keptSlots {
		*l = textList{}
	}
	clear(l.slots)
}

// hashText mixes the length and the first, middle and last eight bytes of s.
func hashText(s string) uint64 {
	const prime = 0x9e3779b97f4a7c15
	h := uint64(len(s)) * prime
	if len(s) < 8 {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * prime
		}
		return h ^ h>>32
	}
	for _, at := range [...]int{0, len(s)/2 - 4, len(s) - 8} {
		h = (h ^ binary.LittleEndian.Uint64([]byte(s[at:at+8]))) * prime
		h ^= h >> 29
	}
	return h
}

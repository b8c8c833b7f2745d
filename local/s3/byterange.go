package s3

import (
	"strconv"
	"strings"
)

// byteRange is a part of an object: from first on, length bytes.
type byteRange struct{ first, length int64 }

// parseRange reads a field Range for an object of that size. Like AWS it overlooks what is no single range of bytes: the whole object
// is the answer then (ok is false). A range that has nothing of the object is not satisfiable.
func parseRange(text string, size int64) (r byteRange, ok, satisfiable bool) {
	spec, found := strings.CutPrefix(text, "bytes=")
	if !found || strings.Contains(spec, ",") {
		return r, false, true
	}
	from, to, found := strings.Cut(spec, "-")
	if !found || from == "" && to == "" {
		return r, false, true
	}
	if from == "" {
		n, valid := digits(to)
		if !valid {
			return r, false, true
		}
		n = min(n, size)
		return byteRange{size - n, n}, true, n > 0
	}
	first, valid := digits(from)
	if !valid {
		return r, false, true
	}
	last := size - 1
	if to != "" {
		end, valid := digits(to)
		if !valid || end < first {
			return r, false, true
		}
		last = min(last, end)
	}
	if first >= size {
		return r, true, false
	}
	return byteRange{first, last - first + 1}, true, true
}

// digits reads a number without a sign; one that is too large is the largest.
func digits(text string) (int64, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 1<<63 - 1, true
	}
	return n, true
}

// contentRange is the field Content-Range.
func (r byteRange) contentRange(size int64) string {
	return "bytes " + strconv.FormatInt(r.first, 10) + "-" + strconv.FormatInt(r.first+r.length-1, 10) + "/" + strconv.FormatInt(size, 10)
}

// copyRange reads the range of a part copy, which has to be bytes=first-last within the source.
func copyRange(text string, size int64) (r byteRange, valid, within bool) {
	spec, found := strings.CutPrefix(text, "bytes=")
	from, to, cut := strings.Cut(spec, "-")
	first, okFirst := digits(from)
	last, okLast := digits(to)
	if !found || !cut || !okFirst || !okLast || last < first {
		return r, false, false
	}
	return byteRange{first, last - first + 1}, true, last < size
}

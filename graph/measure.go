package graph

// Widths of text. Fonts differ by some per cent; these are those of the common sans serifs, on the wide side, in
// thousandths of the size.

const (
	nameSize  = 14.0 // of the first line of a state, in pixels
	smallSize = 12.0 // of the second, and of labels
)

// narrow, wide and the rest are classes of ASCII by their width.
var widths = func() (w [128]float64) {
	for c := range w {
		switch {
		case contains(" !'(),./:;I[\\]fijlt|`", c):
			w[c] = 310
		case contains("-r*\"^{}", c):
			w[c] = 390
		case contains("MW%@m", c):
			w[c] = 880
		case c >= 'A' && c <= 'Z', contains("w&", c):
			w[c] = 720
		default:
			w[c] = 580
		}
	}
	return w
}()

func contains(set string, c int) bool {
	for i := range len(set) {
		if int(set[i]) == c {
			return true
		}
	}
	return false
}

// measure is the width of a line of text.
func measure(s string, size float64) float64 {
	total := 0.0
	for _, r := range s {
		switch {
		case r < 128:
			total += widths[r]
		case r >= 0x1100:
			total += 1000
		default:
			total += 620
		}
	}
	return total * size / 1000
}

// measureBold is measure of bold text.
func measureBold(s string, size float64) float64 { return 1.12 * measure(s, size) }

// fit cuts a line of text to a width.
func fit(s string, size, width float64) string {
	if measure(s, size) <= width {
		return s
	}
	width -= measure("…", size)
	for i, r := range s {
		if width -= measure(string(r), size); width < 0 {
			return s[:i] + "…"
		}
	}
	return s
}

// cells is the width of text in a terminal.
func cells(s string) float64 { return CellWidth * float64(cellsOf(s)) }

func cellsOf(s string) (n int) {
	for _, r := range s {
		n += cellOf(r)
	}
	return n
}

// cellOf is 2 for what terminals show in double width.
func cellOf(r rune) int {
	switch {
	case r >= 0x1100 && r <= 0x115F, r >= 0x2E80 && r <= 0xA4CF, r >= 0xAC00 && r <= 0xD7A3, r >= 0xF900 && r <= 0xFAFF, r >= 0xFE30 && r <= 0xFE6F,
		r >= 0xFF00 && r <= 0xFF60, r >= 0xFFE0 && r <= 0xFFE6, r >= 0x1F300 && r <= 0x1FAFF, r >= 0x20000:
		return 2
	}
	return 1
}

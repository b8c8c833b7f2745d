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

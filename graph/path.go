package graph

import (
	"math"
	"strconv"
	"strings"
)

// flatten reads the d of an SVG path, as Path and glyphs have it (M L l H h V v Q c a z), into lines moved by x and y.
func flatten(d string, x, y float64) (lines [][]Point) {
	r := pathReader{rest: d}
	var at Point
	var line []Point
	to := func(p Point) { at = p; line = append(line, p) }
	end := func() {
		if len(line) > 1 {
			for i := range line {
				line[i].X += x
				line[i].Y += y
			}
			lines = append(lines, line)
		}
		line = nil
	}
	for command := r.command(); command != 0; command = r.command() {
		switch command {
		case 'M':
			end()
			to(Point{r.number(), r.number()})
		case 'L':
			to(Point{r.number(), r.number()})
		case 'l':
			to(Point{at.X + r.number(), at.Y + r.number()})
		case 'h':
			to(Point{at.X + r.number(), at.Y})
		case 'v':
			to(Point{at.X, at.Y + r.number()})
		case 'Q':
			from, control, p := at, Point{r.number(), r.number()}, Point{r.number(), r.number()}
			curve(to, from, mix(from, control, 2.0/3), mix(p, control, 2.0/3), p)
		case 'c':
			from := at
			next := func() Point { return Point{from.X + r.number(), from.Y + r.number()} }
			b, c := next(), next()
			curve(to, from, b, c, next())
		case 'a':
			rx, ry, turn, large, sweep := r.number(), r.number(), r.number(), r.number(), r.number()
			_, _ = ry, turn // of circles alone
			arc(to, at, Point{at.X + r.number(), at.Y + r.number()}, rx, large != 0, sweep != 0)
		case 'z':
			if len(line) > 0 {
				to(line[0])
			}
		}
	}
	end()
	return lines
}

// pathReader reads commands and numbers. A command without its letter is the last one again.
type pathReader struct {
	rest string
	last byte
}

func (r *pathReader) command() byte {
	r.rest = strings.TrimLeft(r.rest, " ,")
	if r.rest == "" {
		return 0
	}
	if c := r.rest[0]; c >= 'A' {
		r.rest, r.last = r.rest[1:], c
	}
	return r.last
}

func (r *pathReader) number() float64 {
	r.rest = strings.TrimLeft(r.rest, " ,")
	n, dotted := 0, false
	for n < len(r.rest) {
		c := r.rest[n]
		if c == '.' && dotted || c != '.' && c != '-' && (c < '0' || c > '9') || c == '-' && n > 0 {
			break
		}
		dotted = dotted || c == '.'
		n++
	}
	f, _ := strconv.ParseFloat(r.rest[:n], 64) // we have written them
	r.rest = r.rest[n:]
	return f
}

func mix(a, b Point, t float64) Point { return Point{a.X + (b.X-a.X)*t, a.Y + (b.Y-a.Y)*t} }

func curve(to func(Point), a, b, c, d Point) {
	const n = 8
	for i := 1; i <= n; i++ {
		t := float64(i) / n
		ab, bc, cd := mix(a, b, t), mix(b, c, t), mix(c, d, t)
		to(mix(mix(ab, bc, t), mix(bc, cd, t), t))
	}
}

// arc leads from a to b along a circle.
func arc(to func(Point), a, b Point, radius float64, large, sweep bool) {
	half := mix(a, b, 0.5)
	dx, dy := (b.X-a.X)/2, (b.Y-a.Y)/2
	d := math.Hypot(dx, dy)
	h := math.Sqrt(max(radius*radius-d*d, 0))
	if large == sweep {
		h = -h
	}
	centre := Point{half.X - h*dy/d, half.Y + h*dx/d}
	from, till := math.Atan2(a.Y-centre.Y, a.X-centre.X), math.Atan2(b.Y-centre.Y, b.X-centre.X)
	if sweep && till < from {
		till += 2 * math.Pi
	} else if !sweep && till > from {
		till -= 2 * math.Pi
	}
	const n = 24
	for i := 1; i <= n; i++ {
		s, c := math.Sincos(from + (till-from)*float64(i)/n)
		to(Point{centre.X + radius*c, centre.Y + radius*s})
	}
}

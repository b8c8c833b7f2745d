package graph

import (
	"math"
	"slices"
	"strings"
)

// Text draws a picture with the characters of a terminal, at most width wide; 0: as wide as it is. The layout has to be for
// terminals. What does not fit is told as a list. coloured: with ANSI colours.
func Text(p Picture, width int, coloured bool) string {
	t := newTextPicture(&p)
	if width > 0 && t.width > width {
		return list(&p, coloured)
	}
	for _, n := range p.Nodes {
		t.box(n)
	}
	for _, e := range p.Edges {
		t.line(e)
	}
	for _, n := range p.Nodes {
		t.words(n)
	}
	for _, e := range p.Edges {
		t.label(e)
	}
	return t.print(coloured)
}

// textPicture is a sheet of cells. Columns and rows stand for lengths of the layout so that what is apart there is apart here.
type textPicture struct {
	p             *Picture
	columns, rows map[float64]int
	width, height int
	cells         []cell
}

// cell is what a character is made of: lines to its sides, or a rune that lies on them.
type cell struct {
	sides         uint8
	dashed, heavy bool
	rune          rune // 0: the lines
	covered       bool // by the rune before it, which is two cells wide
	colour        string
}

const (
	up uint8 = 1 << iota
	down
	left
	right
)

// rowHeight is what a row stands for.
const rowHeight = 17.0

func newTextPicture(p *Picture) *textPicture {
	t := &textPicture{p: p}
	var xs, ys []float64
	for _, n := range p.Nodes {
		xs = append(xs, n.X, n.X+n.Width)
		ys = append(ys, n.Y, n.Y+n.Height, n.Y+min(rowHeight, n.Height/2))
		if n.Height > 2*rowHeight {
			ys = append(ys, n.Y+2*rowHeight)
		}
	}
	for _, e := range p.Edges {
		for _, at := range e.Points {
			xs, ys = append(xs, at.X), append(ys, at.Y)
		}
		if e.Label != "" {
			xs, ys = append(xs, e.At.X-cells(e.Label)/2, e.At.X, e.At.X+cells(e.Label)/2), append(ys, e.At.Y)
		}
		if n := len(e.Points); n > 1 && e.Points[n-2].X == e.Points[n-1].X {
			ys = append(ys, e.Points[n-1].Y-rowHeight/2) // of the arrow
		}
	}
	t.columns, t.width = spread(xs, CellWidth)
	t.rows, t.height = spread(ys, rowHeight)
	t.cells = make([]cell, t.width*t.height)
	return t
}

// spread gives lengths places: different ones differ, and equal ones are the same.
func spread(at []float64, unit float64) (places map[float64]int, n int) {
	slices.Sort(at)
	places = make(map[float64]int, len(at))
	last := -1
	for i, x := range slices.Compact(at) {
		place := int(math.Round((x - at[0]) / unit))
		if i > 0 {
			place = max(place, last+1)
		}
		places[x] = place
		last = place
	}
	return places, last + 1
}

func (t *textPicture) at(x, y int) *cell {
	if x < 0 || y < 0 || x >= t.width || y >= t.height {
		return &cell{} // what is cut off
	}
	return &t.cells[y*t.width+x]
}

// frame returns the outermost cells of a node.
func (t *textPicture) frame(n Node) (x0, y0, x1, y1 int) {
	return t.columns[n.X], t.rows[n.Y], t.columns[n.X+n.Width], t.rows[n.Y+n.Height]
}

func (t *textPicture) box(n Node) {
	x0, y0, x1, y1 := t.frame(n)
	colour := colours[t.p.Statuses[n.ID].Word]
	for x := x0; x <= x1; x++ {
		for y := y0; y <= y1; y++ {
			c := t.at(x, y)
			*c = cell{colour: colour}
			if (y == y0 || y == y1) && x > x0 {
				c.sides |= left
			}
			if (y == y0 || y == y1) && x < x1 {
				c.sides |= right
			}
			if (x == x0 || x == x1) && y > y0 {
				c.sides |= up
			}
			if (x == x0 || x == x1) && y < y1 {
				c.sides |= down
			}
		}
	}
}

// words writes what stands in a box.
func (t *textPicture) words(n Node) {
	x0, _, x1, _ := t.frame(n)
	colour := colours[t.p.Statuses[n.ID].Word]
	if n.Kind == StartNode || n.Kind == EndNode {
		t.write((x0+x1+1-cellsOf(n.Name))/2, t.rows[n.Y+n.Height/2], n.Name, x1-x0-1, "")
		return
	}
	second := n.Label
	if second == "" {
		second = n.Type
	}
	if s, ok := t.p.Statuses[n.ID]; ok {
		second = s.text()
	}
	t.write(x0+2, t.rows[n.Y+rowHeight], n.Name, x1-x0-3, "1")
	t.write(x0+2, t.rows[n.Y+2*rowHeight], second, x1-x0-3, colour)
}

// write writes text from a cell on, cut to a width.
func (t *textPicture) write(x, y int, text string, width int, colour string) {
	for i, r := range text {
		n := cellOf(r)
		if width < n || width == n && cellsOf(text[i:]) > n {
			r, n, width = '…', 1, min(width, 1)
		}
		if width < 1 {
			return
		}
		*t.at(x, y) = cell{rune: r, colour: colour}
		if n == 2 {
			*t.at(x+1, y) = cell{covered: true}
		}
		x += n
		width -= n
	}
}

func (t *textPicture) line(e Edge) {
	heavy, dashed := t.p.Taken[e.ID], e.Kind == CatchEdge
	colour := ""
	if heavy {
		colour = colours[succeeded]
	}
	last := len(e.Points) - 1
	for i := 1; i <= last; i++ {
		a, b := e.Points[i-1], e.Points[i]
		x, y, x1, y1 := t.columns[a.X], t.rows[a.Y], t.columns[b.X], t.rows[b.Y]
		dx, dy := sign(x1-x), sign(y1-y)
		if i == last {
			x1, y1 = x1-dx, y1-dy // the arrow stands before the state
		}
		for x != x1 || y != y1 {
			t.join(x, y, dx, dy, heavy, dashed, colour)
			x, y = x+dx, y+dy
			t.join(x, y, -dx, -dy, heavy, dashed, colour)
		}
		if i == last {
			*t.at(x1, y1) = cell{rune: arrow(dx, dy), colour: colour}
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// join adds a line from a cell to a side.
func (t *textPicture) join(x, y, dx, dy int, heavy, dashed bool, colour string) {
	c := t.at(x, y)
	if c.rune != 0 {
		return // an arrow is there, to which it leads as well
	}
	if c.sides == 0 {
		c.dashed, c.heavy, c.colour = dashed, heavy, colour
	}
	c.dashed = c.dashed && dashed
	if heavy && !c.heavy && c.colour == "" {
		c.heavy, c.colour = true, colour
	}
	switch {
	case dx > 0:
		c.sides |= right
	case dx < 0:
		c.sides |= left
	case dy > 0:
		c.sides |= down
	case dy < 0:
		c.sides |= up
	}
}

func arrow(dx, dy int) rune {
	switch {
	case dx > 0:
		return '▶'
	case dx < 0:
		return '◀'
	case dy < 0:
		return '▲'
	}
	return '▼'
}

func (t *textPicture) label(e Edge) {
	if e.Label == "" {
		return
	}
	n := cellsOf(e.Label)
	t.write(t.columns[e.At.X]-n/2, t.rows[e.At.Y], e.Label, n, "")
}

// shapes are lines by the sides to which they lead.
var shapes = map[uint8]rune{
	up | down: '│', left | right: '─', down | right: '╭', down | left: '╮', up | right: '╰', up | left: '╯',
	up | down | right: '├', up | down | left: '┤', left | right | down: '┬', left | right | up: '┴', up | down | left | right: '┼',
	up: '│', down: '│', left: '─', right: '─',
}

// heavies are those of a way that was taken.
var heavies = map[uint8]rune{up | down: '┃', left | right: '━', down | right: '┏', down | left: '┓', up | right: '┗', up | left: '┛', up: '┃', down: '┃', left: '━', right: '━'}

func (c *cell) shape() rune {
	switch {
	case c.rune != 0:
		return c.rune
	case c.sides == 0:
		return ' '
	case c.heavy && heavies[c.sides] != 0:
		return heavies[c.sides]
	case c.dashed && c.sides == up|down:
		return '┆'
	case c.dashed && c.sides == left|right:
		return '┄'
	}
	return shapes[c.sides]
}

// colours are those of statuses, as numbers of ANSI.
var colours = map[string]string{succeeded: "32", running: "34", failed: "31", timedOut: "31", caughtIt: "33", aborted: "90"}

func (t *textPicture) print(coloured bool) string {
	var b strings.Builder
	for y := range t.height {
		row := t.cells[y*t.width : (y+1)*t.width]
		end := len(row)
		for end > 0 && row[end-1].shape() == ' ' && !row[end-1].covered {
			end--
		}
		now := ""
		for i := range row[:end] {
			c := &row[i]
			if c.covered {
				continue
			}
			if coloured && c.colour != now {
				b.WriteString("\x1b[0m")
				if now = c.colour; now != "" {
					b.WriteString("\x1b[" + now + "m")
				}
			}
			b.WriteRune(c.shape())
		}
		if now != "" {
			b.WriteString("\x1b[0m")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// list tells a picture in lines: states in the order of reading, what is in a container further in, and where they lead to.
func list(p *Picture, coloured bool) string {
	var b strings.Builder
	depth, names := map[string]int{}, map[string]string{}
	outs := map[string][]Edge{}
	for _, n := range p.Nodes {
		names[n.ID] = n.Name
	}
	for _, e := range p.Edges {
		outs[e.From] = append(outs[e.From], e)
	}
	for _, n := range p.Nodes {
		if n.Parent != "" {
			depth[n.ID] = depth[n.Parent] + 1
		}
		if n.Kind == EndNode {
			continue
		}
		indent := strings.Repeat("  ", depth[n.ID])
		b.WriteString(indent + n.Name)
		if second := cmpOr(n.Label, n.Type); second != "" {
			b.WriteString("  " + second)
		}
		if s, ok := p.Statuses[n.ID]; ok {
			text := s.text()
			if coloured {
				text = "\x1b[" + colours[s.Word] + "m" + text + "\x1b[0m"
			}
			b.WriteString("  " + text)
		}
		b.WriteByte('\n')
		for _, e := range outs[n.ID] {
			arrow := "→ "
			if p.Taken[e.ID] {
				arrow = "⇒ "
			}
			b.WriteString(indent + "    " + arrow + names[e.To])
			if e.Label != "" {
				b.WriteString("  (" + e.Label + ")")
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

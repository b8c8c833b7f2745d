package graph

import (
	"fmt"
	"html"
	"strings"
)

// Theme is the ground that a picture is made for.
type Theme string

// The themes. Auto goes by what the reader's system prefers.
const (
	Auto  Theme = "auto"
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Picture is what is drawn.
type Picture struct {
	*Layout

	Title    string
	Theme    Theme             // "": Auto
	Statuses map[string]Status // of states, by the id of their nodes; nil: the picture is of no execution
	Taken    map[string]bool   // edges, by id
}

// Status is what became of a state.
type Status struct {
	Word     string // RUNNING, SUCCEEDED, FAILED, CAUGHT, ABORTED or TIMED_OUT
	Attempts int    // of its last visit
	Visits   int
	Items    string // of a Map: 48/50
}

// style is for both themes: colours are variables, which a theme sets. Words of a status stand beside its colour.
const style = `svg{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.n{fill:var(--node);stroke:var(--line);stroke-width:1.5}.c{fill:var(--inside);stroke:var(--line);stroke-width:1.5}
.e{fill:none;stroke:var(--edge);stroke-width:1.5}.catch{stroke-dasharray:5 4}.faint{opacity:.45}.taken{stroke:var(--taken);stroke-width:2.5}
.name{font-size:14px;font-weight:600;fill:var(--text)}.sub{font-size:12px;fill:var(--faint)}
.label{font-size:12px;fill:var(--text)}.plate{fill:var(--ground)}.in{fill:var(--inside)}.pill{fill:var(--faint);stroke:none}.pilltext{font-size:12px;font-weight:600;fill:var(--ground)}
.glyph{fill:none;stroke:var(--faint);stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
.SUCCEEDED{stroke:var(--good);stroke-width:2.5}.RUNNING{stroke:var(--busy);stroke-width:2.5}.FAILED,.TIMED_OUT{stroke:var(--bad);stroke-width:2.5}
.CAUGHT{stroke:var(--warn);stroke-width:2.5}.ABORTED{stroke:var(--faint);stroke-width:2.5;stroke-dasharray:2 2}
text.SUCCEEDED{fill:var(--good);stroke:none}text.RUNNING{fill:var(--busy);stroke:none}text.FAILED,text.TIMED_OUT{fill:var(--bad);stroke:none}
text.CAUGHT{fill:var(--warn);stroke:none}text.ABORTED{fill:var(--faint);stroke:none}
`

const (
	lightColours = `--ground:#fff;--node:#fff;--inside:#f7f9fb;--line:#8d99a8;--edge:#6b7787;--text:#14202e;--faint:#5c6878;--good:#1b7a2f;--bad:#c22b1f;--busy:#0b62c4;--warn:#8a5a00;--taken:#1b7a2f`
	darkColours  = `--ground:#0f1b2a;--node:#17263a;--inside:#12202f;--line:#66788e;--edge:#8393a7;--text:#e6edf5;--faint:#a3b1c2;--good:#4fd06b;--bad:#ff7d70;--busy:#6db3ff;--warn:#f0b44c;--taken:#4fd06b`
)

// Word is how people read the word of a Status, with its symbol.
func Word(word string) string {
	if words[word] == "" {
		return word
	}
	return symbols[word] + " " + words[word]
}

// symbols stand before the words of statuses.
var symbols = map[string]string{"SUCCEEDED": "✓", "RUNNING": "●", "FAILED": "✗", "TIMED_OUT": "⏱", "CAUGHT": "!", "ABORTED": "■"}

// words are how people read statuses.
var words = map[string]string{
	"SUCCEEDED": "Succeeded", "RUNNING": "Running", "FAILED": "Failed", "TIMED_OUT": "Timed out", "CAUGHT": "Caught", "ABORTED": "Aborted",
}

// SVG draws a picture that stands by itself: no font, script or file of elsewhere.
func SVG(p Picture) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%[1]s" height="%[2]s" role="img">`, num(p.Width), num(p.Height))
	fmt.Fprintf(&b, "<title>%s</title><desc>%s</desc>", html.EscapeString(p.title()), html.EscapeString(p.describe()))
	b.WriteString("<style>" + p.colours() + style + "</style>")
	b.WriteString(`<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="10" markerHeight="10" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="context-stroke"/></marker></defs>`)
	fmt.Fprintf(&b, `<rect class="plate" width="%s" height="%s"/>`, num(p.Width), num(p.Height))
	for _, n := range p.Nodes {
		if n.Kind == ContainerNode {
			p.node(&b, n)
		}
	}
	parents := make(map[string]string, len(p.Nodes))
	for _, n := range p.Nodes {
		parents[n.ID] = n.Parent
	}
	for _, taken := range []bool{false, true} { // what was taken lies on top
		for _, e := range p.Edges {
			if p.Taken[e.ID] == taken {
				p.edge(&b, e)
			}
		}
	}
	for _, e := range p.Edges {
		p.label(&b, e, parents[e.From])
	}
	for _, n := range p.Nodes {
		if n.Kind != ContainerNode {
			p.node(&b, n)
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (p *Picture) title() string {
	if p.Title == "" {
		return "State machine"
	}
	return p.Title
}

// describe says in words what the picture shows.
func (p *Picture) describe() string {
	var parts []string
	for _, n := range p.Nodes {
		if n.Kind != StateNode && n.Kind != ContainerNode {
			continue
		}
		part := n.Name + " (" + n.Type + ")"
		if s, ok := p.Statuses[n.ID]; ok {
			part += ": " + words[s.Word]
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func (p *Picture) colours() string {
	switch p.Theme {
	case Light:
		return "svg{" + lightColours + "}"
	case Dark:
		return "svg{" + darkColours + "}"
	}
	return "svg{" + lightColours + "}@media(prefers-color-scheme:dark){svg{" + darkColours + "}}"
}

func (p *Picture) edge(b *strings.Builder, e Edge) {
	class := "e"
	if e.Kind == CatchEdge {
		class += " catch"
	}
	switch {
	case p.Taken[e.ID]:
		class += " taken"
	case p.Taken != nil:
		class += " faint"
	}
	fmt.Fprintf(b, `<path class="%s" d="%s" marker-end="url(#tip)"/>`, class, Path(e.Points, 8))
}

func (p *Picture) label(b *strings.Builder, e Edge, parent string) {
	if e.Label != "" {
		w := measure(e.Label, smallSize) + 2*labelPad - 2
		plate := "plate"
		if parent != "" {
			plate = "in"
		}
		fmt.Fprintf(b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="4"/>`, plate, num(e.At.X-w/2), num(e.At.Y-labelHeight/2), num(w), num(labelHeight))
		fmt.Fprintf(b, `<text class="label" x="%s" y="%s" text-anchor="middle">%s</text>`, num(e.At.X), num(e.At.Y+4), html.EscapeString(e.Label))
	}
}

func (p *Picture) node(b *strings.Builder, n Node) {
	if n.Kind == StartNode || n.Kind == EndNode {
		fmt.Fprintf(b, `<rect class="pill" x="%s" y="%s" width="%s" height="%s" rx="16"/>`, num(n.X), num(n.Y), num(n.Width), num(n.Height))
		fmt.Fprintf(b, `<text class="pilltext" x="%s" y="%s" text-anchor="middle">%s</text>`, num(n.X+n.Width/2), num(n.Y+n.Height/2+4), n.Name)
		return
	}
	class := map[Kind]string{StateNode: "n", ContainerNode: "c"}[n.Kind]
	status, known := p.Statuses[n.ID]
	if known {
		class += " " + status.Word
	}
	fmt.Fprintf(b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="8"/>`, class, num(n.X), num(n.Y), num(n.Width), num(n.Height))
	fmt.Fprintf(b, `<path class="glyph" transform="translate(%s %s)" d="%s"/>`, num(n.X+12), num(n.Y+16), Glyph(n.Type))
	room := n.Width - 52
	sub := n.Type
	if n.Label != "" {
		sub = n.Label
	}
	if known {
		sub = status.text()
	}
	fmt.Fprintf(b, `<text class="name" x="%s" y="%s">%s</text>`, num(n.X+42), num(n.Y+22), html.EscapeString(fit(n.Name, 1.12*nameSize, room)))
	subClass := "sub"
	if known {
		subClass += " " + status.Word
	}
	fmt.Fprintf(b, `<text class="%s" x="%s" y="%s">%s</text>`, subClass, num(n.X+42), num(n.Y+39), html.EscapeString(fit(sub, smallSize, room)))
}

// text is the line of a status: symbol, word and counts.
func (s Status) text() string { return symbols[s.Word] + " " + words[s.Word] + s.counts() }

// counts are its figures, each after a point.
func (s Status) counts() (t string) {
	if s.Items != "" {
		t += " · " + s.Items
	}
	if s.Attempts > 1 {
		t += fmt.Sprintf(" · try %d", s.Attempts)
	}
	if s.Visits > 1 {
		t += fmt.Sprintf(" · %d×", s.Visits)
	}
	return t
}

// Path writes the points of a line as the d of an SVG path with round corners.
func Path(points []Point, radius float64) string {
	var b strings.Builder
	for i, at := range points {
		switch {
		case i == 0:
			fmt.Fprintf(&b, "M%s %s", num(at.X), num(at.Y))
		case i == len(points)-1:
			fmt.Fprintf(&b, "L%s %s", num(at.X), num(at.Y))
		default:
			before, after := toward(at, points[i-1], radius), toward(at, points[i+1], radius)
			fmt.Fprintf(&b, "L%s %sQ%s %s %s %s", num(before.X), num(before.Y), num(at.X), num(at.Y), num(after.X), num(after.Y))
		}
	}
	return b.String()
}

// toward is the point on the way from a to b, r away or half of the way.
func toward(a, b Point, r float64) Point {
	dx, dy := b.X-a.X, b.Y-a.Y
	length := max(dx, -dx) + max(dy, -dy)
	if length == 0 {
		return a
	}
	f := min(r, length/2) / length
	return Point{a.X + dx*f, a.Y + dy*f}
}

func num(f float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0") }

package graph

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// maxPixels bounds an image.
const maxPixels = 120 << 20

// PNG draws a picture with scale pixels to one of the layout; Auto is Light. Text is in the Go fonts.
func PNG(p Picture, scale float64) ([]byte, error) {
	w, h := math.Ceil(p.Width*scale), math.Ceil(p.Height*scale)
	if w*h > maxPixels || w > 1<<16 || h > 1<<16 {
		return nil, fmt.Errorf("drawing the picture: %.0f x %.0f pixels are too many; SVG has no bound", w, h)
	}
	c, err := newCanvas(int(max(w, 1)), int(max(h, 1)), scale, p.Theme == Dark)
	if err != nil {
		return nil, fmt.Errorf("drawing the picture: %w", err)
	}
	c.picture(&p)
	var out bytes.Buffer
	if err := png.Encode(&out, c.image); err != nil {
		return nil, fmt.Errorf("writing the picture: %w", err)
	}
	return out.Bytes(), nil
}

// palette are the colours of a theme, as in the SVG.
type palette map[string]color.RGBA

func rgb(n uint32) color.RGBA { return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255} }

var (
	lightPalette = palette{"ground": rgb(0xffffff), "node": rgb(0xffffff), "inside": rgb(0xf7f9fb), "line": rgb(0x8d99a8), "edge": rgb(0x6b7787), "text": rgb(0x14202e),
		"faint": rgb(0x5c6878), succeeded: rgb(0x1b7a2f), running: rgb(0x0b62c4), failed: rgb(0xc22b1f), timedOut: rgb(0xc22b1f), caughtIt: rgb(0x8a5a00), aborted: rgb(0x5c6878)}
	darkPalette = palette{"ground": rgb(0x0f1b2a), "node": rgb(0x17263a), "inside": rgb(0x12202f), "line": rgb(0x66788e), "edge": rgb(0x8393a7), "text": rgb(0xe6edf5),
		"faint": rgb(0xa3b1c2), succeeded: rgb(0x4fd06b), running: rgb(0x6db3ff), failed: rgb(0xff7d70), timedOut: rgb(0xff7d70), caughtIt: rgb(0xf0b44c), aborted: rgb(0xa3b1c2)}
)

// canvas draws on an image, in lengths of the layout.
type canvas struct {
	image       *image.RGBA
	scale       float64
	colours     palette
	name, small font.Face
	raster      *vector.Rasterizer
}

func newCanvas(w, h int, scale float64, dark bool) (*canvas, error) {
	c := &canvas{image: image.NewRGBA(image.Rect(0, 0, w, h)), scale: scale, colours: lightPalette, raster: vector.NewRasterizer(w, h)}
	if dark {
		c.colours = darkPalette
	}
	var err error
	if c.name, err = face(gobold.TTF, nameSize*scale); err != nil {
		return nil, err
	}
	c.small, err = face(goregular.TTF, smallSize*scale)
	return c, err
}

func face(ttf []byte, size float64) (font.Face, error) {
	f, err := opentype.Parse(ttf)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
}

func (c *canvas) picture(p *Picture) {
	draw.Draw(c.image, c.image.Bounds(), image.NewUniform(c.colours["ground"]), image.Point{}, draw.Src)
	parents := make(map[string]string, len(p.Nodes))
	for _, n := range p.Nodes {
		parents[n.ID] = n.Parent
		if n.Kind == ContainerNode {
			c.node(p, n)
		}
	}
	for _, taken := range []bool{false, true} {
		for _, e := range p.Edges {
			if p.Taken[e.ID] == taken {
				c.edge(e, taken)
			}
		}
	}
	for _, e := range p.Edges {
		c.label(e, parents[e.From])
	}
	for _, n := range p.Nodes {
		if n.Kind != ContainerNode {
			c.node(p, n)
		}
	}
}

func (c *canvas) node(p *Picture, n Node) {
	if n.Kind == StartNode || n.Kind == EndNode {
		c.fill(roundBox(n, n.Height/2), c.colours["faint"])
		w := c.width(c.small, n.Name)
		c.text(c.small, n.X+(n.Width-w)/2, n.Y+n.Height/2+4, n.Name, n.Width, c.colours["ground"])
		return
	}
	fill := c.colours["node"]
	if n.Kind == ContainerNode {
		fill = c.colours["inside"]
	}
	second, line, ink, width := cmpOr(n.Label, n.Type), c.colours["line"], c.colours["faint"], 1.5
	status, known := p.Statuses[n.ID]
	if known {
		second, line, width = words[status.Word]+status.counts(), c.colours[status.Word], 2.5
		ink = line
	}
	shape := roundBox(n, 8)
	c.fill(shape, fill)
	c.stroke(append(shape, shape[0]), line, width)
	for _, piece := range flatten(Glyph(n.Type), n.X+12, n.Y+16) {
		c.stroke(piece, c.colours["faint"], 1.6)
	}
	c.text(c.name, n.X+42, n.Y+22, n.Name, n.Width-50, c.colours["text"])
	x := n.X + 42
	if known {
		for _, piece := range flatten(marks[status.Word], x-4, n.Y+25) {
			c.stroke(piece, ink, 1.8)
		}
		x += 16
	}
	c.text(c.small, x, n.Y+39, second, n.X+n.Width-8-x, ink)
}

// marks are the symbols of statuses, as glyphs are.
var marks = map[string]string{
	succeeded: "M5 10l3.500 3.500l6-7", failed: "M6 6l8 8M14 6l-8 8", timedOut: "M10 4a6 6 0 1 0 .01 0M10 6.500v3.500l2.500 1.500",
	caughtIt: "M10 4v7M10 14.500v.1", aborted: "M6 6h8v8h-8z", running: "M10 6a4 4 0 1 0 .01 0",
}

func (c *canvas) edge(e Edge, taken bool) {
	colour, width := c.colours["edge"], 1.5
	if taken {
		colour, width = c.colours[succeeded], 2.5
	}
	last := len(e.Points) - 1
	tip, before := e.Points[last], e.Points[last-1]
	dx, dy := direction(before, tip)
	line := flatten(Path(append(append([]Point{}, e.Points[:last]...), Point{tip.X - 6*dx, tip.Y - 6*dy}), 8), 0, 0)
	for _, piece := range line {
		if e.Kind == CatchEdge {
			for _, dash := range dashes(piece, 5, 4) {
				c.stroke(dash, colour, width)
			}
			continue
		}
		c.stroke(piece, colour, width)
	}
	c.fill([]Point{tip, {tip.X - 8*dx - 4*dy, tip.Y - 8*dy + 4*dx}, {tip.X - 8*dx + 4*dy, tip.Y - 8*dy - 4*dx}}, colour)
}

func direction(a, b Point) (dx, dy float64) {
	length := math.Hypot(b.X-a.X, b.Y-a.Y)
	if length == 0 {
		return 0, 1
	}
	return (b.X - a.X) / length, (b.Y - a.Y) / length
}

func (c *canvas) label(e Edge, parent string) {
	if e.Label == "" {
		return
	}
	w := c.width(c.small, e.Label)
	plate := c.colours["ground"]
	if parent != "" {
		plate = c.colours["inside"]
	}
	x, y := e.At.X-w/2, e.At.Y-labelHeight/2
	c.fill([]Point{{x - 3, y}, {x + w + 3, y}, {x + w + 3, y + labelHeight}, {x - 3, y + labelHeight}}, plate)
	c.text(c.small, x, e.At.Y+4, e.Label, w+1, c.colours["text"])
}

func (c *canvas) width(f font.Face, s string) float64 {
	return float64(font.MeasureString(f, s)) / 64 / c.scale
}

// text writes a line from a point of its base on, cut to a width.
func (c *canvas) text(f font.Face, x, y float64, s string, width float64, colour color.RGBA) {
	for r := []rune(s); c.width(f, s) > width && len(r) > 1; {
		r = r[:len(r)-1]
		s = string(r) + "…"
	}
	d := font.Drawer{Dst: c.image, Src: image.NewUniform(colour), Face: f, Dot: fixed.Point26_6{X: fixed.Int26_6(x * c.scale * 64), Y: fixed.Int26_6(y * c.scale * 64)}}
	d.DrawString(s)
}

// fill paints a polygon.
func (c *canvas) fill(points []Point, colour color.RGBA) {
	bounds := c.bounds(points, 1)
	if bounds.Empty() {
		return
	}
	c.raster.Reset(bounds.Dx(), bounds.Dy())
	c.polygon(points, bounds)
	c.raster.Draw(c.image, bounds, image.NewUniform(colour), image.Point{})
}

// bounds is the part of the image that points are in.
func (c *canvas) bounds(points []Point, pad float64) image.Rectangle {
	low, high := Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for _, p := range points {
		low, high = Point{min(low.X, p.X), min(low.Y, p.Y)}, Point{max(high.X, p.X), max(high.Y, p.Y)}
	}
	r := image.Rect(int((low.X-pad)*c.scale)-1, int((low.Y-pad)*c.scale)-1, int((high.X+pad)*c.scale)+2, int((high.Y+pad)*c.scale)+2)
	return r.Intersect(c.image.Bounds())
}

func (c *canvas) polygon(points []Point, in image.Rectangle) {
	for i, p := range points {
		x, y := float32(p.X*c.scale)-float32(in.Min.X), float32(p.Y*c.scale)-float32(in.Min.Y)
		if i == 0 {
			c.raster.MoveTo(x, y)
		} else {
			c.raster.LineTo(x, y)
		}
	}
	c.raster.ClosePath()
}

// stroke paints a line, piece by piece, each with round ends. All pieces turn the same way round, so that they add up.
func (c *canvas) stroke(points []Point, colour color.RGBA, width float64) {
	bounds := c.bounds(points, width)
	if bounds.Empty() {
		return
	}
	c.raster.Reset(bounds.Dx(), bounds.Dy())
	half := width / 2
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		dx, dy := direction(a, b)
		nx, ny := -dy*half, dx*half
		c.polygon([]Point{{a.X - nx, a.Y - ny}, {b.X - nx, b.Y - ny}, {b.X + nx, b.Y + ny}, {a.X + nx, a.Y + ny}}, bounds)
	}
	for _, p := range points {
		c.polygon(circle(p, half), bounds)
	}
	c.raster.Draw(c.image, bounds, image.NewUniform(colour), image.Point{})
}

func circle(at Point, radius float64) (points []Point) {
	const n = 12
	for i := range n {
		s, c := math.Sincos(2 * math.Pi * float64(i) / n)
		points = append(points, Point{at.X + radius*c, at.Y + radius*s})
	}
	return points
}

func roundBox(n Node, r float64) (points []Point) {
	corners := []Point{{n.X + n.Width - r, n.Y + n.Height - r}, {n.X + r, n.Y + n.Height - r}, {n.X + r, n.Y + r}, {n.X + n.Width - r, n.Y + r}}
	for i, at := range corners {
		for j := range 9 {
			s, c := math.Sincos(math.Pi / 2 * (float64(i) + float64(j)/8))
			points = append(points, Point{at.X + r*c, at.Y + r*s})
		}
	}
	return points
}

// dashes cuts a line into pieces with gaps between.
func dashes(points []Point, on, off float64) (pieces [][]Point) {
	piece, left, drawing := []Point{points[0]}, on, true
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		for {
			d := math.Hypot(b.X-a.X, b.Y-a.Y)
			if d <= left {
				left -= d
				piece = append(piece, b)
				break
			}
			a = Point{a.X + (b.X-a.X)*left/d, a.Y + (b.Y-a.Y)*left/d}
			if drawing {
				pieces = append(pieces, append(piece, a))
			}
			drawing = !drawing
			piece, left = []Point{a}, off
			if drawing {
				left = on
			}
		}
	}
	if drawing && len(piece) > 1 {
		pieces = append(pieces, piece)
	}
	return pieces
}

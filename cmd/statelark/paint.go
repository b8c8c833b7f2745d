package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// painter shows the progress of an execution to people.
type painter interface {
	// event shows that e happened, which the progress holds already; r is its state, nil when it has none.
	event(p *progress, e *event, r *row)
	// refresh shows what the time alone has changed.
	refresh(p *progress, now time.Time)
	// finish shows the end.
	finish(p *progress)
}

// newPainter chooses the form: one block that is painted again on a terminal, a line for each event elsewhere.
func newPainter(w io.Writer, name string, s style) painter {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		return &blockPainter{w: w, name: name, style: s, size: func() (int, int) {
			width, height, err := term.GetSize(int(f.Fd()))
			if err != nil || width == 0 || height == 0 {
				return 80, 24
			}
			return width, height
		}}
	}
	return &linePainter{w: w, style: s}
}

// noPainter shows nothing.
type noPainter struct{}

func (noPainter) event(*progress, *event, *row) {}
func (noPainter) refresh(*progress, time.Time)  {}
func (noPainter) finish(*progress)              {}

// style writes in colours, or does not.
type style struct{ coloured bool }

// newStyle decides by --color, then by the environment (no-color.org, CLICOLOR_FORCE), then by what w is.
func newStyle(mode string, w io.Writer, getenv func(string) string) (style, error) {
	switch mode {
	case "always":
		return style{true}, nil
	case "never":
		return style{}, nil
	case "auto":
	default:
		return style{}, usage(fmt.Errorf("--color is %q; it has to be auto, always or never", mode))
	}
	if getenv("NO_COLOR") != "" {
		return style{}, nil
	}
	if force := getenv("CLICOLOR_FORCE"); force != "" && force != "0" {
		return style{true}, nil
	}
	f, ok := w.(*os.File)
	return style{ok && term.IsTerminal(int(f.Fd())) && getenv("TERM") != "dumb"}, nil
}

type colour string

const (
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	faint  colour = "2"
)

func (s style) in(c colour, text string) string {
	if !s.coloured || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// clock prints a time since the start.
func clock(d time.Duration) string {
	d = max(d, 0)
	return fmt.Sprintf("%02d:%06.3f", int(d.Minutes()), (d % time.Minute).Seconds())
}

// linePainter prints a line for each event.
type linePainter struct {
	w     io.Writer
	style style
}

func (l *linePainter) event(p *progress, e *event, r *row) {
	line := clock(e.at.Sub(p.begun)) + "  " + e.kind
	if r != nil {
		line += "  " + r.name
	}
	if e.err != "" || e.cause != "" {
		line += "  " + l.style.in(red, oneLine(e.err, e.cause))
	}
	say(l.w, "%s\n", line)
}

func (l *linePainter) refresh(*progress, time.Time) {}
func (l *linePainter) finish(*progress)             {}

// oneLine joins an error and its cause.
func oneLine(err, cause string) string {
	text := err
	if cause != "" {
		text = strings.TrimPrefix(err+": "+strings.Join(strings.Fields(cause), " "), ": ")
	}
	return text
}

// blockPainter paints one block of lines over and over: a line for the execution, one for each state that was
// entered. A block higher than the terminal shows its end.
type blockPainter struct {
	w       io.Writer
	name    string
	style   style
	size    func() (width, height int)
	painted int // lines of the last block
}

func (b *blockPainter) event(*progress, *event, *row) {}

func (b *blockPainter) refresh(p *progress, now time.Time) { b.paint(p, now) }
func (b *blockPainter) finish(p *progress)                 { b.paint(p, p.now) }

func (b *blockPainter) paint(p *progress, now time.Time) {
	width, height := b.size()
	lines := b.lines(p, now, width)
	if most := max(height-1, 2); len(lines) > most {
		hidden := len(lines) - most + 1
		lines = append([]string{lines[0], fmt.Sprintf("   … %d more", hidden)}, lines[1+hidden:]...)
	}
	var out strings.Builder
	if b.painted > 0 {
		fmt.Fprintf(&out, "\x1b[%dA", b.painted)
	}
	for _, line := range lines {
		out.WriteString("\r\x1b[2K" + line + "\n")
	}
	out.WriteString("\x1b[J") // what an earlier, higher block left
	say(b.w, "%s", out.String())
	b.painted = len(lines)
}

var statusMarks = map[string]struct {
	mark   string
	colour colour
}{
	"RUNNING":   {"●", yellow},
	"SUCCEEDED": {"✓", green},
	"FAILED":    {"✗", red},
	"TIMED_OUT": {"✗", red},
	"ABORTED":   {"–", red},
}

// lines returns the block.
func (b *blockPainter) lines(p *progress, now time.Time, width int) []string {
	s := statusMarks[p.status]
	head := b.name + "  " + strings.ToLower(p.status)
	if !p.begun.IsZero() {
		head += "  " + clock(now.Sub(p.begun))
	}
	lines := []string{b.style.in(s.colour, s.mark) + " " + cut(head, width-2)}
	widest := 0
	for _, r := range p.rows {
		widest = max(widest, 2*r.depth+utf8.RuneCountInString(r.name))
	}
	for _, r := range p.rows {
		mark, colour := r.mark(p)
		label := strings.Repeat("  ", r.depth) + r.name
		label += strings.Repeat(" ", min(widest, 40)-min(widest, 40, utf8.RuneCountInString(label)))
		line := strings.TrimRight(label+"  "+r.describe(p, now), " ")
		lines = append(lines, " "+b.style.in(colour, mark)+" "+cut(line, width-3))
	}
	return lines
}

// mark is the sign for how the state stands.
func (r *row) mark(p *progress) (string, colour) {
	switch {
	case !r.running():
		return "✓", green
	case p.status == "RUNNING":
		return "⟳", yellow
	case r.err != "" || p.status == "SUCCEEDED":
		return statusMarks[p.status].mark, statusMarks[p.status].colour
	}
	return "–", faint
}

// describe says in words how the state stands.
func (r *row) describe(p *progress, now time.Time) string {
	var parts []string
	if r.items > 0 {
		parts = append(parts, fmt.Sprintf("%d/%d", r.done, r.items))
	}
	if r.entered > 1 {
		parts = append(parts, fmt.Sprintf("%d of %d", r.exited, r.entered))
	}
	switch {
	case !r.running():
		parts = append(parts, short(r.took))
	case p.status == "RUNNING":
		parts = append(parts, short(now.Sub(r.started)))
	}
	if r.running() && r.attempts > 1 {
		parts = append(parts, fmt.Sprintf("attempt %d", r.attempts))
	}
	if r.running() && (r.err != "" || r.cause != "") {
		parts = append(parts, oneLine(r.err, r.cause))
	}
	return strings.Join(parts, "  ")
}

// short prints how long something took.
func short(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", max(d, 0).Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// cut shortens text to width characters.
func cut(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return string(runes[:max(width-1, 0)]) + "…"
}

package console

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/graph"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// maxReport bounds the payloads in a report or an export, in bytes. What is beyond it is left out, and the file says so.
const maxReport = 24 << 20

// report is GET /api/execution/report.html?arn=&download=1: an execution in one file that needs nothing else.
func (s *Server) report(c *call) (any, error) {
	name, err := c.arn()
	if err != nil {
		return nil, err
	}
	ctx := c.Context()
	d, err := s.detail(ctx, name)
	if err != nil {
		return nil, err
	}
	m, err := s.opts.Engine.StateMachineOf(ctx, &d.Execution)
	if err != nil {
		return nil, err
	}
	r := &report{person: c.person, started: d.Start}
	p, t, err := pictureOf(d.Name, m.Definition)
	if err != nil {
		return nil, err
	}
	if err := s.trace(ctx, name, t, r.event); err != nil {
		return nil, err
	}
	if p.Statuses, err = s.statuses(ctx, name, m.Definition, t); err != nil {
		return nil, err
	}
	p.Taken = t.Taken()
	doc := &document{kind: "text/html; charset=utf-8", text: []byte(r.page(d, m, p, t, s.now()))}
	if c.URL.Query().Get("download") == "1" {
		doc.name = d.Name + ".html"
	}
	return doc, nil
}

// report is one that is written.
type report struct {
	person  *Person
	started time.Time
	rows    strings.Builder // of the table of events
	bytes   int             // of payloads so far
	events  int
	left    int // payloads that were left out
}

const reportStyle = `:root{color-scheme:light dark;--text:#14202e;--faint:#5c6878;--ground:#fff;--line:#d5dbe2;--good:#1b7a2f;--bad:#c22b1f;--busy:#0b62c4;--warn:#8a5a00}
@media(prefers-color-scheme:dark){:root{--text:#e6edf5;--faint:#a3b1c2;--ground:#0f1b2a;--line:#2c3c50;--good:#4fd06b;--bad:#ff7d70;--busy:#6db3ff;--warn:#f0b44c}}
body{margin:0 auto;max-width:72rem;padding:1.5rem;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;color:var(--text);background:var(--ground)}
h1{margin:0 0 .25rem;font-size:1.6rem}h2{margin:2rem 0 .5rem;font-size:1.15rem}table{border-collapse:collapse;width:100%}
th,td{padding:.3rem .7rem .3rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}th{color:var(--faint);font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:var(--faint)}dd{margin:0;overflow-wrap:anywhere}
pre{margin:.3rem 0;padding:.6rem;border:1px solid var(--line);border-radius:6px;overflow:auto;max-height:24rem;white-space:pre-wrap;overflow-wrap:anywhere}
summary{cursor:pointer}.n{text-align:right;font-variant-numeric:tabular-nums}.SUCCEEDED{color:var(--good)}.FAILED,.TIMED_OUT{color:var(--bad)}.RUNNING{color:var(--busy)}.CAUGHT{color:var(--warn)}
.picture{overflow:auto}.picture svg{max-width:100%;height:auto}footer{margin-top:2rem;color:var(--faint)}`

// event adds a row of the table of events.
func (r *report) event(e *history.Event) {
	r.events++
	fmt.Fprintf(&r.rows, `<tr id="e%d"><td class="n">%d</td><td class="n">%s</td><td>%s</td><td>%s</td><td>`, e.ID, e.ID,
		elapsed(time.UnixMilli(e.At).Sub(r.started)), html.EscapeString(e.Type.String()), html.EscapeString(e.Name))
	if e.Error != nil {
		r.rows.WriteString(`<span class="FAILED">` + html.EscapeString(*e.Error) + `</span> `)
	}
	if e.Cause != nil {
		r.rows.WriteString(html.EscapeString(r.person.cause(*history.CutText(e.Cause, maxCause))) + " ")
	}
	r.data(e)
	r.rows.WriteString("</td></tr>\n")
}

// data adds what belongs to an event, when the person may see it: as AWS shows it, but for what all events have.
func (r *report) data(e *history.Event) {
	if !r.person.Payloads {
		return
	}
	v, err := value.Parse(string(history.AppendJSON(nil, e, history.WireOptions{})))
	if err != nil {
		return
	}
	if r.person.Mask != nil {
		v = masked(v, r.person.Mask)
	}
	for _, m := range v.Members() {
		if !strings.HasSuffix(m.Key, "EventDetails") {
			continue
		}
		if text := pretty(m.Value); r.room(text) {
			r.rows.WriteString("<details><summary>data</summary><pre>" + html.EscapeString(text) + "</pre></details>")
		}
	}
}

// room reports whether there is some for a payload.
func (r *report) room(text string) bool {
	if r.bytes += len(text); r.bytes > maxReport {
		r.left++
		return false
	}
	return true
}

// pretty is JSON on several lines; text that is JSON is shown as such.
func pretty(v value.Value) string {
	opened := v
	for _, m := range v.Members() {
		if payloadMembers[m.Key] && m.Value.Kind() == value.String {
			if inner, err := value.Parse(m.Value.Str()); err == nil {
				opened = opened.With(m.Key, inner)
			}
		}
	}
	out, err := json.MarshalIndent(opened, "", "  ")
	if err != nil {
		return v.Text()
	}
	return string(out)
}

// elapsed is a time since the start.
func elapsed(d time.Duration) string {
	return fmt.Sprintf("%.3f s", max(d, 0).Seconds())
}

// page writes the report.
func (r *report) page(d *statelark.ExecutionDetail, m *statelark.StateMachine, p *graph.Picture, t *graph.Trace, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>%s</title><style>%s</style></head><body>\n",
		html.EscapeString(d.Name), reportStyle)
	fmt.Fprintf(&b, "<h1>%s</h1>\n", html.EscapeString(d.Name))
	r.facts(&b, d, m)
	b.WriteString("<h2>Graph</h2>\n<div class=\"picture\">" + graph.SVG(*p) + "</div>\n")
	r.states(&b, p, t)
	r.payload(&b, "Input", d.Input)
	if d.Status == statelark.Succeeded {
		r.payload(&b, "Output", d.Output)
	}
	b.WriteString("<h2>Events</h2>\n<table><thead><tr><th class=\"n\">Event</th><th class=\"n\">After</th><th>Type</th><th>State</th><th></th></tr></thead><tbody>\n")
	b.WriteString(r.rows.String() + "</tbody></table>\n")
	b.WriteString("<h2>Definition</h2>\n<details><summary>" + html.EscapeString(m.Name) + "</summary><pre>" + html.EscapeString(m.Definition) + "</pre></details>\n")
	b.WriteString("<footer>Written " + now.UTC().Format(time.RFC3339) + ".")
	switch {
	case !r.person.Payloads:
		b.WriteString(" Payloads are left out: whoever wrote this may not see them.")
	case r.left > 0:
		fmt.Fprintf(&b, " %d payloads are left out, since the file would be too large.", r.left)
	}
	if r.events == maxEvents {
		fmt.Fprintf(&b, " Events after the first %d are left out.", maxEvents)
	}
	b.WriteString("</footer></body></html>\n")
	return b.String()
}

func (r *report) facts(b *strings.Builder, d *statelark.ExecutionDetail, m *statelark.StateMachine) {
	b.WriteString("<dl>")
	fact := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "<dt>%s</dt><dd>%s</dd>", name, html.EscapeString(text))
		}
	}
	status := d.Status.String()
	fmt.Fprintf(b, `<dt>Status</dt><dd class="%s">%s</dd>`, status, html.EscapeString(graph.Word(status)))
	fact("Error", textOf(d.Error))
	fact("Cause", r.person.cause(textOf(d.Cause)))
	fact("State machine", m.Name)
	fact("ARN", d.ARN())
	fact("Started", d.Start.UTC().Format(time.RFC3339Nano))
	if !d.Stop.IsZero() {
		fact("Ended", d.Stop.UTC().Format(time.RFC3339Nano)+", after "+elapsed(d.Stop.Sub(d.Start)))
	}
	if d.Redrives > 0 {
		fact("Redrives", fmt.Sprint(d.Redrives))
	}
	b.WriteString("</dl>\n")
}

func (r *report) states(b *strings.Builder, p *graph.Picture, t *graph.Trace) {
	types := make(map[string]string, len(p.Nodes))
	for _, n := range p.Nodes {
		types[n.ID] = n.Type
	}
	b.WriteString("<h2>States</h2>\n<table><thead><tr><th>State</th><th>Type</th><th>Status</th><th class=\"n\">Attempts</th><th class=\"n\">After</th><th class=\"n\">Duration</th></tr></thead><tbody>\n")
	for _, v := range t.Visits() {
		took, attempts := "", ""
		if v.Till > 0 {
			took = elapsed(time.Duration(v.Till-v.From) * time.Millisecond)
		}
		if v.Attempts > 0 {
			attempts = fmt.Sprint(v.Attempts)
		}
		fmt.Fprintf(b, `<tr><td>%s</td><td>%s</td><td class="%s">%s</td><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td></tr>`+"\n",
			html.EscapeString(v.Name), html.EscapeString(types[v.Node]), v.Word, graph.Word(v.Word), attempts,
			elapsed(time.UnixMilli(v.From).Sub(r.started)), took)
	}
	b.WriteString("</tbody></table>\n")
}

func (r *report) payload(b *strings.Builder, title, text string) {
	if !r.person.Payloads || text == "" {
		return
	}
	text = r.person.text(text)
	if v, err := value.Parse(text); err == nil {
		text = pretty(v)
	}
	if r.room(text) {
		fmt.Fprintf(b, "<h2>%s</h2>\n<pre>%s</pre>\n", title, html.EscapeString(text))
	}
}

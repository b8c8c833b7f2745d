package main

import (
	"io"
	"strings"

	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/deploy"
	"github.com/statelark/statelark/value"
)

// planPrinter shows people what a deployment does.
type planPrinter struct{ w io.Writer }

// signs stand before what happens to a resource.
var signs = map[deploy.Action]string{
	deploy.Create: "+", deploy.Update: "~", deploy.Replace: "-/+", deploy.Delete: "-", deploy.Keep: "=", deploy.Retain: "!", deploy.Ignore: ".",
}

// verbs are what a change has done.
var verbs = map[deploy.Action]string{
	deploy.Create: "created", deploy.Update: "changed", deploy.Replace: "replaced", deploy.Delete: "deleted",
}

// plan shows the plan: each change, then how many resources stay as they are.
func (o *planPrinter) plan(d *deploy.Deployment, p *deploy.Plan, url string) {
	say(o.w, "stack %s at %s (%s, %s)\n", d.Stack, url, d.Place.Region, d.Place.Account)
	kept := 0
	var rows [][]string
	var below []string // each row
	for _, c := range p.Changes {
		row := []string{"  " + signs[c.Action] + " " + c.ID, c.Type, c.Name + noteOf(c)}
		switch c.Action {
		case deploy.Keep:
			kept++
			continue
		case deploy.Ignore:
			row[2] = "(" + c.Note + ")"
		}
		var properties strings.Builder
		for _, property := range c.Properties {
			say(&properties, "      %s: %s\n", property.Name, differenceOf(property))
		}
		rows, below = append(rows, row), append(below, properties.String())
	}
	var lines strings.Builder
	table(&lines, rows)
	i := 0
	for line := range strings.Lines(lines.String()) {
		say(o.w, "%s%s", line, below[i])
		i++
	}
	if kept > 0 {
		say(o.w, "  = %d unchanged\n", kept)
	}
	for _, note := range p.Notes {
		say(o.w, "  note: %s\n", note)
	}
	if p.Changed() == 0 {
		say(o.w, "nothing to do\n")
	}
}

func noteOf(c deploy.Change) string {
	if c.Note == "" {
		return ""
	}
	return " (" + c.Note + ")"
}

// differenceOf is a property before and after, from shortly before where they differ.
func differenceOf(p deploy.Property) string {
	before, after := runesOf(p.Old), runesOf(p.New)
	same := 0
	for same < min(len(before), len(after)) && before[same] == after[same] {
		same++
	}
	from := 0
	if same > maxShown/2 {
		from = same - maxShown/4
	}
	text := shortened(after, from)
	if p.Later {
		text = "known later"
	}
	return shortened(before, from) + " → " + text
}

// maxShown is how many characters of a value are shown.
const maxShown = 48

func runesOf(v value.Value) []rune {
	if !v.Exists() {
		return []rune("none")
	}
	return []rune(v.Compact())
}

func shortened(text []rune, from int) string {
	shown := string(text[from:min(len(text), from+maxShown)])
	if from > 0 {
		shown = "…" + shown
	}
	if len(text) > from+maxShown {
		shown += "…"
	}
	return shown
}

// done tells of a change that was made.
func (o *planPrinter) done(c deploy.Change) {
	if verb := verbs[c.Action]; verb != "" {
		name := c.Name
		if name == "" {
			name = c.ID
		}
		say(o.w, "%s %s %s\n", verb, c.Type, name)
	}
}

// planDocument is a plan as programs read it. Outputs is the zero Value of one that was not carried out.
func planDocument(d *deploy.Deployment, p *deploy.Plan, outputs value.Value) value.Value {
	var changes []value.Value
	for _, c := range p.Changes {
		m := []value.Member{client.Text("action", string(c.Action)), client.Text("resource", c.ID), client.Text("type", c.Type)}
		m = given(given(m, "name", c.Name), "note", c.Note)
		var properties []value.Value
		for _, p := range c.Properties {
			properties = append(properties, value.FromString(p.Name))
		}
		if properties != nil {
			m = append(m, value.Member{Key: "properties", Value: value.NewArray(properties)})
		}
		changes = append(changes, value.NewObject(m))
	}
	var notes []value.Value
	for _, note := range p.Notes {
		notes = append(notes, value.FromString(note))
	}
	doc := []value.Member{client.Text("stack", d.Stack), {Key: "changes", Value: value.NewArray(changes)}, {Key: "notes", Value: value.NewArray(notes)}}
	if outputs.Exists() {
		doc = append(doc, value.Member{Key: "outputs", Value: outputs})
	}
	return value.NewObject(doc)
}

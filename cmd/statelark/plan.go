package main

import (
	"io"
	"unicode/utf8"

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
	var rows [][]string
	kept := 0
	for _, c := range p.Changes {
		switch c.Action {
		case deploy.Keep:
			kept++
			continue
		case deploy.Ignore:
			rows = append(rows, []string{"  " + signs[c.Action] + " " + c.ID, c.Type, "(" + c.Note + ")"})
			continue
		}
		rows = append(rows, []string{"  " + signs[c.Action] + " " + c.ID, c.Type, c.Name + noteOf(c)})
		for _, property := range c.Properties {
			rows = append(rows, []string{"      " + property.Name, "", differenceOf(property)})
		}
	}
	table(o.w, rows)
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

// differenceOf is a property before and after.
func differenceOf(p deploy.Property) string {
	after := shortened(p.New)
	if p.Later {
		after = "known later"
	}
	return shortened(p.Old) + " → " + after
}

// maxShown is how many characters of a value are shown.
const maxShown = 48

func shortened(v value.Value) string {
	if !v.Exists() {
		return "none"
	}
	text := v.Compact()
	if utf8.RuneCountInString(text) > maxShown {
		return string([]rune(text)[:maxShown]) + "…"
	}
	return text
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

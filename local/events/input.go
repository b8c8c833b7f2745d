package events

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark/value"
)

// path is a path into an event: $.name.name[3].
type path []any // string or int

var errPath = errors.New("the path is not valid")

func parsePath(text string) (path, error) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, errPath
	}
	p := path{}
	for rest != "" {
		if rest[0] == '.' {
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			if end == 0 {
				return nil, errPath
			}
			p, rest = append(p, rest[1:1+end]), rest[1+end:]
			continue
		}
		end := strings.IndexByte(rest, ']')
		if rest[0] != '[' || end < 2 {
			return nil, errPath
		}
		inner := rest[1:end]
		rest = rest[end+1:]
		if q := inner[0]; (q == '\'' || q == '"') && len(inner) > 1 && inner[len(inner)-1] == q {
			p = append(p, inner[1:len(inner)-1])
			continue
		}
		n, err := strconv.Atoi(inner)
		if err != nil || n < 0 {
			return nil, errPath
		}
		p = append(p, n)
	}
	return p, nil
}

func (p path) in(v value.Value) (value.Value, bool) {
	for _, step := range p {
		ok := false
		switch step := step.(type) {
		case string:
			v, ok = v.Get(step)
		case int:
			v, ok = v.Index(step)
		}
		if !ok {
			return value.Value{}, false
		}
	}
	return v, true
}

var placeholder = regexp.MustCompile(`<([^<>\s]+)>`)

const reserved = "aws.events."

// reservedNames are the variables that EventBridge gives.
var reservedNames = map[string]bool{
	"aws.events.rule-arn": true, "aws.events.rule-name": true, "aws.events.event": true, "aws.events.event.json": true,
	"aws.events.event.ingestion-time": true,
}

func (t *inputTransformer) check(id string) error {
	for name, text := range t.Paths {
		if _, err := parsePath(text); err != nil || strings.HasPrefix(name, reserved) {
			return invalid("Invalid InputPathsMap for target %s.", id)
		}
	}
	for _, m := range placeholder.FindAllStringSubmatch(t.Template, -1) {
		if _, ok := t.Paths[m[1]]; !ok && !reservedNames[m[1]] {
			return invalid("InputTemplate for target %s contains invalid placeholder %s.", id, m[1])
		}
	}
	probe := placeholder.ReplaceAllString(t.Template, "0")
	if strings.HasPrefix(strings.TrimSpace(probe), "{") {
		if _, err := value.Parse(probe); err != nil {
			return invalid("Invalid InputTemplate for target %s : [Source: (String)%q]", id, t.Template)
		}
	}
	return nil
}

// payload is what a target is sent for an event.
func (d *delivery) payload() (string, error) {
	event, err := value.Parse(d.Event)
	if err != nil {
		return "", err
	}
	t := d.Target
	switch {
	case t.Input != nil:
		return *t.Input, nil
	case t.InputPath != nil:
		p, err := parsePath(*t.InputPath)
		if err != nil {
			return "", err
		}
		v, ok := p.in(event)
		if !ok {
			return "null", nil
		}
		return v.Compact(), nil
	case t.InputTransformer != nil:
		return d.transform(event)
	}
	return d.Event, nil
}

// transform fills in the template of a target.
func (d *delivery) transform(event value.Value) (string, error) {
	t := d.Target.InputTransformer
	plain := !strings.HasPrefix(strings.TrimSpace(t.Template), "{") && !strings.HasPrefix(strings.TrimSpace(t.Template), "[")
	var out strings.Builder
	quoted, last := false, 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(t.Template, -1) {
		between := t.Template[last:m[0]]
		out.WriteString(between)
		quoted = quotedAfter(between, quoted)
		v, err := d.variable(event, t.Template[m[2]:m[3]])
		if err != nil {
			return "", err
		}
		out.WriteString(rendered(v, quoted, plain))
		last = m[1]
	}
	out.WriteString(t.Template[last:])
	return out.String(), nil
}

// quotedAfter reports whether the end of a text is in a string of JSON.
func quotedAfter(text string, quoted bool) bool {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		}
	}
	return quoted
}

// rendered is a value as a template has it: in a string without its quotes; beside one as JSON; what is missing is empty text.
func rendered(v value.Value, quoted, plain bool) string {
	switch {
	case !v.Exists():
		v = value.FromString("")
		if plain {
			return ""
		}
		fallthrough
	case v.Kind() == value.String:
		if quoted {
			text := v.Compact()
			return text[1 : len(text)-1]
		}
		if plain {
			return v.Str()
		}
		return v.Compact()
	case plain || quoted:
		if v.Kind() == value.Object || v.Kind() == value.Array {
			return strings.ReplaceAll(v.Compact(), `"`, "")
		}
	}
	return v.Compact()
}

func (d *delivery) variable(event value.Value, name string) (value.Value, error) {
	switch name {
	case "aws.events.rule-arn":
		return value.FromString(d.RuleARN), nil
	case "aws.events.rule-name":
		return value.FromString(d.Rule), nil
	case "aws.events.event.ingestion-time":
		return value.FromString(time.UnixMilli(d.Created).UTC().Format("2006-01-02T15:04:05.000Z")), nil
	case "aws.events.event.json":
		return event, nil
	case "aws.events.event":
		var kept []value.Member
		for _, m := range event.Members() {
			if m.Key != "detail" {
				kept = append(kept, m)
			}
		}
		return value.NewObject(kept), nil
	}
	p, err := parsePath(d.Target.InputTransformer.Paths[name])
	if err != nil {
		return value.Value{}, err
	}
	v, _ := p.in(event)
	return v, nil
}

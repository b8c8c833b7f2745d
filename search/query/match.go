package query

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
)

// Document is an execution as a query looks at it.
type Document struct {
	ID      statelark.ExecID
	Machine string // ARN
	Name    string
	Status  statelark.Status
	Start   time.Time
	Stop    time.Time // zero while it runs
	Error   string
	Alias   string // ARN, as the next two
	Version string
	MapRun  string

	Redrives, Events int64

	// Payloads returns what is known of the payloads; nil: nothing. It is called only when a condition looks at them.
	Payloads func() Payloads
}

// Payloads are what an execution was given and gave, JSON texts or the beginnings of such, and the cause of its failure.
type Payloads struct{ Input, Output, Cause string }

func (d *Document) payloads() Payloads {
	if d.Payloads == nil {
		return Payloads{}
	}
	return d.Payloads()
}

// have reports whether a text is in any of them.
func (p Payloads) have(folded string) bool {
	return contains(p.Input, folded) || contains(p.Output, folded) || contains(p.Cause, folded)
}

// Matches reports whether an execution is what q asks for; now is the time that ages count from.
func (q *Query) Matches(d *Document, now time.Time) bool {
	if d.MapRun != "" && !q.children {
		return false
	}
	return q.root == nil || q.root.matches(d, now)
}

func (n And) matches(d *Document, now time.Time) bool {
	for _, m := range n {
		if !m.matches(d, now) {
			return false
		}
	}
	return true
}

func (n Or) matches(d *Document, now time.Time) bool {
	for _, m := range n {
		if m.matches(d, now) {
			return true
		}
	}
	return false
}

func (n *Not) matches(d *Document, now time.Time) bool { return !n.Of.matches(d, now) }

func (c *Cond) matches(d *Document, now time.Time) bool {
	for i := range c.Values {
		if c.holds(d, &c.Values[i], now) {
			return true
		}
	}
	return false
}

// holds holds a document against one value.
func (c *Cond) holds(d *Document, v *Value, now time.Time) bool {
	switch c.Field {
	case Word:
		return v.word(d)
	case Text:
		return d.payloads().have(v.folded)
	case Status:
		return d.Status == v.Status
	case Machine:
		return c.text(v, tail(d.Machine)) || c.text(v, d.Machine)
	case Name:
		return c.text(v, d.Name)
	case Error:
		return c.text(v, d.Error)
	case Alias:
		return c.qualifier(v, d.Alias)
	case Version:
		return c.qualifier(v, d.Version)
	case MapRun:
		return c.qualifier(v, d.MapRun)
	case Started:
		return ordered(c.Op, d.Start.Compare(v.when(now)))
	case Stopped:
		return !d.Stop.IsZero() && ordered(c.Op, d.Stop.Compare(v.when(now)))
	case Duration:
		stop := d.Stop
		if stop.IsZero() {
			stop = now
		}
		return ordered(c.Op, compare(float64(stop.Sub(d.Start)), float64(v.Duration)))
	case Redrives:
		return ordered(c.Op, compare(float64(d.Redrives), v.Number))
	case Events:
		return ordered(c.Op, compare(float64(d.Events), v.Number))
	case Input:
		return c.payload(v, d.payloads().Input)
	case Output:
		return c.payload(v, d.payloads().Output)
	}
	return false
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// ordered reports whether an operator takes what compares so to its value.
func ordered(op Op, compared int) bool {
	switch op {
	case More:
		return compared > 0
	case AtLeast:
		return compared >= 0
	case Less:
		return compared < 0
	case AtMost:
		return compared <= 0
	default:
		return compared == 0
	}
}

// when returns the moment that a value names.
func (v *Value) when(now time.Time) time.Time {
	if v.Age {
		return now.Add(-v.Duration)
	}
	return v.Time
}

// text holds a text of the record against a value.
func (c *Cond) text(v *Value, text string) bool {
	if c.Op == Contains {
		return text != "" && contains(text, v.folded)
	}
	return v.like(text)
}

// qualifier holds an ARN, or what follows its last colon, against a value.
func (c *Cond) qualifier(v *Value, text string) bool {
	return text != "" && (c.text(v, tail(text)) || c.text(v, text))
}

// like reports whether a text is that of the value, in which a * is any text.
func (v *Value) like(text string) bool {
	first := v.Parts[0]
	if len(v.Parts) == 1 {
		return text == first
	}
	last := v.Parts[len(v.Parts)-1]
	if len(text) < len(first)+len(last) || text[:len(first)] != first || text[len(text)-len(last):] != last {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, part := range v.Parts[1 : len(v.Parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return true
}

// word holds a document against a word that stands alone: its name begins with it, it is the ARN or the id, or it is in the
// error or the payloads.
func (v *Value) word(d *Document) bool {
	if len(v.Parts) > 1 {
		return v.like(d.Name)
	}
	if hasPrefixFold(d.Name, v.folded) || contains(d.Error, v.folded) && d.Error != "" {
		return true
	}
	if id, ok := parseID(v.Text); ok && id == d.ID {
		return true
	}
	if v.names(d) {
		return true
	}
	return d.payloads().have(v.folded)
}

// names reports whether the value is the ARN of the execution, its state machine, or what it was started through.
func (v *Value) names(d *Document) bool {
	if !strings.HasPrefix(v.Text, "arn:") {
		return false
	}
	if v.Text == d.Machine || v.Text == d.Alias || v.Text == d.Version || v.Text == d.MapRun {
		return true
	}
	if machine, name, ok := arn.SplitExecution(v.Text); ok {
		return machine == d.Machine && name == d.Name
	}
	machine, name, last, ok := arn.SplitExpress(v.Text)
	if !ok || machine != d.Machine || name != d.Name {
		return false
	}
	id, ok := statelark.ParseUUID(last)
	return ok && id == d.ID
}

// parseID reads an id as ExecID.String and ExecID.UUID write it.
func parseID(text string) (id statelark.ExecID, ok bool) {
	if len(text) == 2*len(id) {
		_, err := hex.Decode(id[:], []byte(text))
		return id, err == nil
	}
	return statelark.ParseUUID(text)
}

// tail returns what follows the last colon of an ARN.
func tail(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// Possible reports whether a condition on a time may hold of one from low to high, in Unix ms.
func (c *Cond) Possible(low, high int64, now time.Time) bool {
	when := c.Values[0].when(now)
	switch c.Op {
	case More, AtLeast:
		return !time.UnixMilli(high).Before(when)
	case Less, AtMost:
		return !time.UnixMilli(low).After(when)
	}
	return true
}

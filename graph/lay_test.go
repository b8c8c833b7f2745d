package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

// corpus returns definitions by name: the project's samples, those of testdata, and what else in the tree and beside it is
// text of a definition.
func corpus(t testing.TB) map[string]string {
	all := make(map[string]string)
	add := func(name, text string) {
		if v, err := value.Parse(text); err == nil {
			if states, ok := v.Get("States"); ok && states.Kind() == value.Object {
				all[name] = text
			}
		}
	}
	for _, root := range []string{"testdata", "../samples", "../conformance", "../../shared/conformance/open"} {
		_ = filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".json" || strings.Contains(path, "fuzz") {
				return nil // what is not there is not looked at
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			add(path, string(text))
			inner(string(text), func(i int, definition string) { add(fmt.Sprintf("%s#%d", path, i), definition) })
			return nil
		})
	}
	if len(all) < 20 {
		t.Fatalf("there are %d definitions", len(all))
	}
	return all
}

// inner finds definitions that are strings in a JSON document.
func inner(text string, found func(int, string)) {
	v, err := value.Parse(text)
	if err != nil {
		return
	}
	n := 0
	var look func(v value.Value)
	look = func(v value.Value) {
		switch v.Kind() {
		case value.String:
			if s := v.Str(); strings.Contains(s, `"StartAt"`) {
				n++
				found(n, s)
			}
		case value.Array:
			for _, e := range v.Elems() {
				look(e)
			}
		case value.Object:
			for _, m := range v.Members() {
				look(m.Value)
			}
		}
	}
	look(v)
}

func TestCorpus(t *testing.T) {
	n := 0
	for name, definition := range corpus(t) {
		l, err := Lay(definition)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		n++
		for _, fault := range faults(l) {
			t.Errorf("%s: %s", name, fault)
		}
	}
	t.Logf("%d definitions", n)
}

func TestGenerated(t *testing.T) {
	for seed := range uint64(400) {
		g := generator{rand.New(rand.NewPCG(seed, 7))}
		definition := g.definition(3+g.IntN(30), 2)
		l, err := Lay(definition)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults(l) {
			t.Errorf("seed %d: %s", seed, fault)
		}
		again, _ := Lay(definition)
		if !reflect.DeepEqual(l, again) {
			t.Errorf("seed %d: laid out twice, it is not the same", seed)
		}
		if t.Failed() {
			t.Fatal(definition)
		}
	}
}

// Links for which there is no room between the others go around, and are held to the same.
func TestAround(t *testing.T) {
	around := 0
	for seed := range uint64(40) {
		g := generator{rand.New(rand.NewPCG(seed, 11))}
		sc, err := read(g.definition(30, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		k := layScope(sc, true, manner{bends: 3})
		around += len(k.outer)
		l := &Layout{Width: k.width + 2*margin, Height: k.height + 2*margin}
		l.add(k, margin, margin, "", 0)
		for _, fault := range faults(l) {
			t.Errorf("seed %d: %s", seed, fault)
		}
	}
	if around == 0 {
		t.Error("no link went around")
	}
}

// faults says what is wrong with a layout: nothing may lie on anything else, lines pass no state, and what is in a
// container is inside.
func faults(l *Layout) (found []string) {
	say := func(format string, a ...any) { found = append(found, fmt.Sprintf(format, a...)) }
	byID := map[string]Node{}
	for _, n := range l.Nodes {
		if _, twice := byID[n.ID]; twice {
			say("two nodes have the id %q", n.ID)
		}
		byID[n.ID] = n
		if n.X < 0 || n.Y < 0 || n.X+n.Width > l.Width || n.Y+n.Height > l.Height {
			say("%q lies outside of the picture", n.ID)
		}
		if p, ok := byID[n.Parent]; n.Parent != "" && (!ok || n.X < p.X || n.Y < p.Y+HeadHeight || n.X+n.Width > p.X+p.Width || n.Y+n.Height > p.Y+p.Height) {
			say("%q lies outside of %q", n.ID, n.Parent)
		}
	}
	for i, a := range l.Nodes {
		for _, b := range l.Nodes[:i] {
			if a.Parent == b.Parent && overlap(boxOf(a), boxOf(b)) {
				say("%q lies on %q", a.ID, b.ID)
			}
		}
	}
	labels := []box{}
	for _, e := range l.Edges {
		found = append(found, lineFaults(l, byID, e)...)
		if e.Label == "" {
			continue
		}
		b := labelBox(e)
		for _, n := range l.Nodes {
			if n.Kind != ContainerNode && overlap(b, boxOf(n)) {
				say("the label %q lies on %q", e.Label, n.ID)
			}
		}
		for _, other := range labels {
			if overlap(b, other) {
				say("the label %q lies on another", e.Label)
			}
		}
		labels = append(labels, b)
	}
	return found
}

func lineFaults(l *Layout, byID map[string]Node, e Edge) (found []string) {
	from, to := byID[e.From], byID[e.To]
	if len(e.Points) < 2 {
		return []string{fmt.Sprintf("the line %s has %d points", e.ID, len(e.Points))}
	}
	if !touches(e.Points[0], from) || !touches(e.Points[len(e.Points)-1], to) {
		found = append(found, fmt.Sprintf("the line %s does not lead from its state to the other", e.ID))
	}
	for i := 1; i < len(e.Points); i++ {
		a, b := e.Points[i-1], e.Points[i]
		if a.X != b.X && a.Y != b.Y {
			found = append(found, fmt.Sprintf("the line %s is aslant", e.ID))
		}
		piece := box{min(a.X, b.X), min(a.Y, b.Y), max(a.X, b.X), max(a.Y, b.Y)}
		if piece.left < 0 || piece.top < 0 || piece.right > l.Width || piece.bottom > l.Height {
			found = append(found, fmt.Sprintf("the line %s leaves the picture", e.ID))
		}
		for _, n := range l.Nodes {
			if n.Parent == from.Parent && n.Branch == from.Branch && overlap(piece, boxOf(n)) {
				found = append(found, fmt.Sprintf("the line %s goes through %q", e.ID, n.ID))
			}
		}
	}
	return found
}

type box struct{ left, top, right, bottom float64 }

func boxOf(n Node) box { return box{n.X, n.Y, n.X + n.Width, n.Y + n.Height} }

func labelBox(e Edge) box {
	w := measure(e.Label, smallSize) / 2
	return box{e.At.X - w, e.At.Y - smallSize/2, e.At.X + w, e.At.Y + smallSize/2}
}

func overlap(a, b box) bool {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

func touches(p Point, n Node) bool {
	in := p.X >= n.X && p.X <= n.X+n.Width && p.Y >= n.Y && p.Y <= n.Y+n.Height
	return in && (p.X == n.X || p.X == n.X+n.Width || p.Y == n.Y || p.Y == n.Y+n.Height)
}

// generator makes definitions like those that people write: most states lead on, some branch, some loop.
type generator struct{ *rand.Rand }

func (g generator) definition(n, depth int) string {
	text, err := json.Marshal(g.scope(n, depth))
	if err != nil {
		panic(err)
	}
	return string(text)
}

// member keeps the order of states: a Go map does not.
type members []struct {
	name string
	v    any
}

func (m members) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, x := range m {
		text, err := json.Marshal(x.v)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, fmt.Sprintf("%q:", x.name)...), text...)
	}
	return append(out, '}'), nil
}

func (g generator) scope(n, depth int) any {
	states := members{}
	for i := range n {
		states = append(states, struct {
			name string
			v    any
		}{stateName(i), g.state(i, n, depth)})
	}
	return map[string]any{"StartAt": stateName(0), "States": states}
}

func stateName(i int) string { return fmt.Sprintf("State %d", i) }

func (g generator) state(i, n, depth int) any {
	ahead := func() string { return stateName(min(i+1+g.IntN(4), n-1)) }
	anywhere := func() string { return stateName(g.IntN(n)) }
	s := map[string]any{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": stateName(i + 1)}
	if i == n-1 {
		return map[string]any{"Type": "Succeed"}
	}
	switch g.IntN(12) {
	case 0, 1:
		rules := []any{}
		for j := range 1 + g.IntN(4) {
			to := ahead()
			if g.IntN(5) == 0 {
				to = anywhere()
			}
			rules = append(rules, map[string]any{"Variable": "$.amount", "NumericGreaterThan": j * 100, "Next": to})
		}
		return map[string]any{"Type": "Choice", "Choices": rules, "Default": ahead()}
	case 2:
		return map[string]any{"Type": "Fail", "Error": "Wrong"}
	case 3:
		s["Catch"] = []any{map[string]any{"ErrorEquals": []string{"States.Timeout", "Busy"}, "Next": anywhere()}, map[string]any{"ErrorEquals": []string{"States.ALL"}, "Next": ahead()}}
	case 4:
		if depth > 0 {
			s["Type"], s["Branches"] = "Parallel", []any{g.scope(1+g.IntN(4), depth-1), g.scope(1+g.IntN(6), depth-1)}
		}
	case 5:
		if depth > 0 {
			s["Type"], s["ItemProcessor"] = "Map", g.scope(1+g.IntN(6), depth-1)
		}
	case 6:
		s["Next"] = anywhere()
	}
	return s
}

func TestLayRefuses(t *testing.T) {
	for text, at := range map[string]int{``: 0, `{"StartAt": "A",`: 16, `{"States": {]}`: 12} {
		_, err := Lay(text)
		var syntax *value.SyntaxError
		if !errors.As(err, &syntax) || syntax.Offset != at {
			t.Errorf("%q: %v %+v", text, err, syntax)
		}
	}
	if _, err := Lay(`[]`); err == nil {
		t.Error("an array is laid out")
	}
}

// A change of one state must not move the others about: people look for them where they were.
func TestStable(t *testing.T) {
	moved, all := 0, 0
	for seed := range uint64(60) {
		g := generator{rand.New(rand.NewPCG(seed, 3))}
		definition := g.definition(20, 0)
		i := 1 + g.IntN(17)
		edited := strings.Replace(definition, fmt.Sprintf("%q:{", stateName(i)), `"Added":{"Type":"Pass","Next":"`+stateName(i)+`"},`+fmt.Sprintf("%q:{", stateName(i)), 1)
		edited = strings.Replace(edited, fmt.Sprintf(`"Next":%q`, stateName(i)), `"Next":"Added"`, 1)
		before, _ := Lay(definition)
		after, _ := Lay(edited)
		m, n := displaced(before, after)
		moved, all = moved+m, all+n
	}
	if share := float64(moved) / float64(all); share > 0.05 {
		t.Errorf("of %d states that were not edited %d change their layer among each other or their side", all, moved)
	} else {
		t.Logf("of %d states that were not edited %.1f %% moved", all, share*100)
	}
}

// displaced counts pairs of neighbouring states that are no longer in the order, from above or from the left, in which they were.
func displaced(before, after *Layout) (moved, all int) {
	now := map[string]Node{}
	for _, n := range after.Nodes {
		now[n.ID] = n
	}
	for i := 1; i < len(before.Nodes); i++ {
		a, b := before.Nodes[i-1], before.Nodes[i]
		x, ok := now[a.ID]
		y, ok2 := now[b.ID]
		if !ok || !ok2 {
			continue
		}
		all++
		switch {
		case a.Y < b.Y && x.Y > y.Y+layerHeight, a.Y == b.Y && math.Abs(x.Y-y.Y) > layerHeight, a.Y == b.Y && x.Y == y.Y && a.X < b.X && x.X > y.X:
			moved++
		}
	}
	return moved, all
}

const layerHeight = stateHeight + 3*stubBelow

func FuzzLay(f *testing.F) {
	for _, text := range corpusSeeds(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Lay(text)
		if err != nil {
			return
		}
		if math.IsNaN(l.Width+l.Height) || len(l.Nodes) > 300 {
			return
		}
		for _, fault := range faults(l) {
			t.Error(fault)
		}
	})
}

func corpusSeeds(t testing.TB) (texts []string) {
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

func BenchmarkLay(b *testing.B) {
	for _, n := range []int{30, 300, 1000} {
		g := generator{rand.New(rand.NewPCG(1, 2))}
		definition := g.definition(n, 0)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Lay(definition); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

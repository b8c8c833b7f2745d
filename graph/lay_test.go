package graph

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// samples returns the definitions of the project's samples.
func samples(t testing.TB) map[string]string {
	paths, err := filepath.Glob("../samples/*/*.asl.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	all := map[string]string{}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(filepath.Dir(p)), "/")] = string(text)
	}
	return all
}

func TestSamplesAreLaidOut(t *testing.T) {
	for name, definition := range samples(t) {
		t.Run(name, func(t *testing.T) {
			l, err := Lay(definition)
			if err != nil {
				t.Fatal(err)
			}
			check(t, l)
		})
	}
}

// check holds a layout to what every picture has to be: nothing lies on anything else, and what is in a container is inside.
func check(t *testing.T, l *Layout) {
	t.Helper()
	byID := map[string]Node{}
	for _, n := range l.Nodes {
		if _, twice := byID[n.ID]; twice {
			t.Errorf("two nodes have the id %q", n.ID)
		}
		byID[n.ID] = n
		if n.X < 0 || n.Y < 0 || n.X+n.Width > l.Width || n.Y+n.Height > l.Height {
			t.Errorf("%q lies outside of the picture", n.Name)
		}
		if p, ok := byID[n.Parent]; ok && (n.X < p.X || n.Y < p.Y+heading-1 || n.X+n.Width > p.X+p.Width || n.Y+n.Height > p.Y+p.Height) {
			t.Errorf("%q lies outside of %q", n.Name, p.Name)
		}
	}
	for i, a := range l.Nodes {
		for _, b := range l.Nodes[:i] {
			if a.Parent == b.Parent && a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height {
				t.Errorf("%q lies on %q", a.Name, b.Name)
			}
		}
	}
	for _, e := range l.Edges {
		for i := 1; i < len(e.Points); i++ {
			a, b := e.Points[i-1], e.Points[i]
			if a.X != b.X && a.Y != b.Y {
				t.Errorf("the line of %q to %q is aslant", byID[e.From].Name, byID[e.To].Name)
			}
			for _, n := range l.Nodes {
				if n.Parent == byID[e.From].Parent && n.ID != e.From && n.ID != e.To && through(a, b, n) {
					t.Errorf("the line of %q to %q goes through %q", byID[e.From].Name, byID[e.To].Name, n.Name)
				}
			}
		}
	}
}

func through(a, b Point, n Node) bool {
	left, right, top, bottom := min(a.X, b.X), max(a.X, b.X), min(a.Y, b.Y), max(a.Y, b.Y)
	return left < n.X+n.Width-1 && right > n.X+1 && top < n.Y+n.Height-1 && bottom > n.Y+1
}

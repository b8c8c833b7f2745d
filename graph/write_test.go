package graph

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const small = `{"StartAt": "Pay <now>", "States": {
	"Pay <now>": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}], "Next": "Paid?"},
	"Paid?": {"Type": "Choice", "Choices": [{"Variable": "$.amount", "NumericGreaterThan": 100, "Next": "Each"}], "Default": "Pay <now>"},
	"Each": {"Type": "Map", "ItemProcessor": {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": true}}}, "End": true},
	"Sorry": {"Type": "Fail", "Error": "Sorry"}}}`

// drawn is small, half way through.
func drawn(t *testing.T, terminal bool) Picture {
	t.Helper()
	l, err := LayWith(small, Options{Terminal: terminal})
	if err != nil {
		t.Fatal(err)
	}
	return Picture{Layout: l, Title: "Pay & go", Statuses: map[string]Status{
		"/States/Pay <now>": {Word: "SUCCEEDED", Attempts: 2, Visits: 1}, "/States/Paid?": {Word: "SUCCEEDED"}, "/States/Each": {Word: "RUNNING", Items: "1/3"},
	}, Taken: map[string]bool{"/StartAt": true, "/States/Pay <now>/Next": true, "/States/Paid?/Choices/0": true}}
}

func TestSVG(t *testing.T) {
	for _, theme := range []Theme{"", Light, Dark} {
		p := drawn(t, false)
		p.Theme = theme
		svg := SVG(p)
		d := xml.NewDecoder(strings.NewReader(svg))
		var said strings.Builder
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if text, ok := token.(xml.CharData); ok {
				said.Write(text)
				said.WriteByte('\n')
			}
		}
		for _, words := range []string{"Pay & go", "Pay <now>", "✓ Succeeded · try 2", "● Running · 1/3", "amount > 100", "any error", "default", "Pay <now> (Task): Succeeded"} {
			if !strings.Contains(said.String(), words) {
				t.Errorf("%s: %q is not said", theme, words)
			}
		}
		if auto := strings.Contains(svg, "prefers-color-scheme"); auto != (theme == "") {
			t.Errorf("%s: it goes by the reader's system: %v", theme, auto)
		}
		if strings.Contains(svg, "http") && strings.Count(svg, "http") != strings.Count(svg, "http://www.w3.org/") {
			t.Errorf("%s: it is not by itself", theme)
		}
	}
}

func TestPNG(t *testing.T) {
	for _, theme := range []Theme{Light, Dark} {
		p := drawn(t, false)
		p.Theme = theme
		text, err := PNG(p, 1.5)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if w := img.Bounds().Dx(); w != int(p.Width*1.5+0.5) {
			t.Errorf("%s: it is %d wide", theme, w)
		}
		ground := img.At(0, 0)
		for _, n := range p.Nodes { // the border of a node is not of the ground's colour
			if img.At(int((n.X+n.Width/2)*1.5), int(n.Y*1.5)) == ground && n.Parent == "" {
				t.Errorf("%s: %s is not drawn", theme, n.Name)
			}
		}
	}
	if _, err := PNG(Picture{Layout: &Layout{Width: 1e5, Height: 1e5}}, 2); err == nil {
		t.Error("a picture of 40 gigapixels is drawn")
	}
}

// The forms in text are compared with files; with UPDATE=1 in the environment these are written anew.
func TestTexts(t *testing.T) {
	for name, text := range map[string]string{
		"small.txt": Text(drawn(t, true), 0, false), "small-list.txt": Text(drawn(t, true), 20, false), "small.mmd": Mermaid(drawn(t, false)), "small.dot": DOT(drawn(t, false)),
	} {
		path := filepath.Join("testdata", name)
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if text != string(want) {
			t.Errorf("%s is\n%s\nand has to be\n%s", name, text, want)
		}
	}
	if coloured := Text(drawn(t, true), 0, true); !strings.Contains(coloured, "\x1b[32m") || strings.Contains(Text(drawn(t, true), 0, false), "\x1b") {
		t.Error("colours are not where they have to be")
	}
}

// In text, too, what is written is whole, and each state is.
func TestTextOfCorpus(t *testing.T) {
	for _, definition := range corpusSeeds(t) {
		l, err := LayWith(definition, Options{Terminal: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults(l) {
			if !strings.HasPrefix(fault, "the label") { // whose widths are those of pixels
				t.Error(fault)
			}
		}
		text := Text(Picture{Layout: l}, 0, false)
		for _, n := range l.Nodes {
			if !strings.Contains(text, n.Name) {
				t.Errorf("%s is not in\n%s", n.Name, text)
			}
		}
	}
}

// The pictures of the documents are those that are drawn now; with UPDATE=1 they are drawn anew.
func TestPicturesOfDocuments(t *testing.T) {
	for _, name := range []string{"order", "transfer-data-records"} {
		definition, err := os.ReadFile("../samples/" + name + "/workflow.asl.json")
		if err != nil {
			t.Fatal(err)
		}
		l, err := Lay(string(definition))
		if err != nil {
			t.Fatal(err)
		}
		svg, path := SVG(Picture{Layout: l, Title: name}), "../docs/pictures/"+name+".svg"
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(path, []byte(svg), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if drawn, err := os.ReadFile(path); err != nil || string(drawn) != svg {
			t.Errorf("%s is not what is drawn now (%v): UPDATE=1 go test ./graph", path, err)
		}
	}
}

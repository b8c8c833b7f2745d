package api

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

var rewrite = flag.Bool("rewrite", false, "write the answers that came into the files of testdata; read them before you commit them")

// TestCorpus plays the files of testdata against the API over fakeEngine. A line of a file is one of
//
//	> Operation body      a request; $machine, $execution and $activity stand for the beginnings of ARNs, $next
//	                      for the token that came last, $pass for a definition, x{300} for 300 times x
//	>Header: text         a header of the next request
//	< status body         the answer to it
//	! end NAME STATUS …   an execution ends, with an output or with error and cause
//	! task TOKEN INPUT    there is a task for a worker
//	! events N            histories have N events
//	! clock DURATION      time goes on
//	! broken              the engine fails
//
// or a comment (#) or empty.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := newPlayer(t).play(string(text))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(strings.Split(string(text), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

var testPlace = arn.Place{Region: "us-east-1", Account: "123456789012"}

// arns are the shorthands of the corpus.
var arns = strings.NewReplacer(
	"$machine", testPlace.StateMachineARN(""),
	"$execution", testPlace.ARN("states", "execution:"),
	"$activity", testPlace.ActivityARN(""),
	"$pass", `{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}`,
)

var shorthands = strings.NewReplacer(
	testPlace.StateMachineARN(""), "$machine",
	testPlace.ARN("states", "execution:"), "$execution",
	testPlace.ActivityARN(""), "$activity",
	`{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}`, "$pass",
)

// repeated is a character and how many of it are meant.
var repeated = regexp.MustCompile(`(.)\{(\d{2,})\}`)

func unfold(text string) string {
	return repeated.ReplaceAllStringFunc(text, func(s string) string {
		m := repeated.FindStringSubmatch(s)
		n, _ := strconv.Atoi(m[2])
		return strings.Repeat(m[1], n)
	})
}

// fold is the inverse of unfold for runs of more than 60.
func fold(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		n := 1
		for n < len(text) && text[n] == text[0] {
			n++
		}
		if n > 60 {
			fmt.Fprintf(&b, "%c{%d}", text[0], n)
		} else {
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// player plays one file.
type player struct {
	t      *testing.T
	now    time.Time
	engine *fakeEngine
	api    http.Handler
	header http.Header // of the next request
	next   string      // the last token for a next page
}

func newPlayer(t *testing.T) *player {
	p := &player{t: t, now: time.UnixMilli(1_767_225_600_250), header: http.Header{}}
	clock := func() time.Time { return p.now }
	p.engine = newFakeEngine(clock)
	s := New(p.engine, testPlace, Options{Now: clock})
	p.api = s.Service()
	return p
}

// play plays text and returns it with the answers that came.
func (p *player) play(text string) string {
	var out []string
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "< "):
			continue
		case strings.HasPrefix(line, "> "):
			operation, body, _ := strings.Cut(line[2:], " ")
			out = append(out, line, "< "+p.call(operation, body))
			continue
		case strings.HasPrefix(line, ">"):
			key, text, _ := strings.Cut(line[1:], ": ")
			p.header.Set(key, text)
		case strings.HasPrefix(line, "! "):
			if err := p.direct(strings.SplitN(line[2:], " ", 4)); err != nil {
				p.t.Fatalf("line %d: %v", i+1, err)
			}
		case line != "" && !strings.HasPrefix(line, "#"):
			p.t.Fatalf("line %d is nothing: %s", i+1, line)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func (p *player) call(operation, body string) string {
	body = strings.ReplaceAll(unfold(arns.Replace(body)), "$next", p.next)
	w := serve(p.api, operation, body, p.header)
	p.header = http.Header{}
	answer, err := value.Parse(w.Body.String())
	if err != nil {
		p.t.Errorf("%s answered what is no JSON: %v: %s", operation, err, w.Body)
	}
	shown := answer.Text()
	if next, ok := answer.Get("nextToken"); ok {
		p.next = next.Str()
		shown = strings.Replace(shown, p.next, "$next", 1)
	}
	return strconv.Itoa(w.Code) + " " + fold(shorthands.Replace(shown))
}

func serve(h http.Handler, operation, body string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	for k, v := range header {
		r.Header[k] = v
	}
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func (p *player) direct(words []string) error {
	words = append(words, "", "", "")
	switch words[0] {
	case "end":
		return p.engine.end(words[1], words[2], words[3])
	case "task":
		p.engine.tasks = append(p.engine.tasks, statelark.ActivityTask{Token: words[1], Input: words[2]})
	case "events":
		n, err := strconv.Atoi(words[1])
		p.engine.events = events(n)
		return err
	case "clock":
		d, err := time.ParseDuration(words[1])
		p.now = p.now.Add(d)
		return err
	case "broken":
		p.engine.broken = errors.New("reading the state machines: disk on fire")
	default:
		return fmt.Errorf("no such directive: %s", words[0])
	}
	return nil
}

// events makes a history of a wait that never ends.
func events(n int) []history.Event {
	list := []history.Event{
		{ID: 1, At: 1_767_225_600_250, Type: history.ExecutionStarted, Data: `{"n": 1}`, RoleARN: "arn:aws:iam::123456789012:role/r"},
	}
	for id := int64(2); id <= int64(n); id++ {
		list = append(list, history.Event{ID: id, Previous: id - 1, At: 1_767_225_600_250 + id, Type: history.WaitStateEntered, Name: "W", Data: `{}`})
	}
	return list[:n]
}

package function

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
)

var away = arn.Place{Region: "eu-west-1", Account: "111111111111"}

const tellPlace = "import os\ndef handler(event, context):\n    return [os.environ['AWS_REGION'], os.environ['AWS_ACCESS_KEY_ID'], context.invoked_function_arn, os.getpid()]\n"

// answersAt invokes f in a place.
func answersAt(t *testing.T, c *Catalog, at arn.Place) string {
	t.Helper()
	res, err := c.Invoke(t.Context(), Ref{Place: at, Name: "f"}, Invocation{})
	if err != nil {
		t.Fatal(err)
	}
	return string(res.Payload)
}

// TestApart has functions of one name in two places of a directory.
func TestApart(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir})
	python(t, c, answerOne)
	r := Ref{Place: away, Name: "f"}
	if _, err := c.Get(r); err == nil {
		t.Error("the function is in another place as well")
	}
	if _, err := c.Create(away, Function{Name: "f", Runtime: "python3.12", Handler: "handler.handler"}, archiveOf(t, "handler.py", "def handler(event, context):\n    return 2\n"), nil, true); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SetAlias(r, AliasChange{Name: "live", Version: "1", Create: true}); err != nil {
		t.Error(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	c = open(t, Options{Dir: dir})
	if a, b := answersAt(t, c, home), answersAt(t, c, away); a != "1" || b != "2" {
		t.Errorf("the functions answer %s and %s", a, b)
	}
	if err := c.Delete(r); err != nil {
		t.Fatal(err)
	}
	if fs := c.List(away); len(fs) != 0 {
		t.Errorf("in a place without functions there is %v", fs[0].Name)
	}
	answers(t, c, "", "1")
}

// TestRecordWithoutPlace opens a directory of a release that knew one place.
func TestRecordWithoutPlace(t *testing.T) {
	dir := t.TempDir()
	first := open(t, Options{Dir: dir})
	python(t, first, answerOne)
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, "functions", "f.json")
	if err := os.Rename(filepath.Join(dir, "functions", home.Region, home.Account, "f.json"), old); err != nil {
		t.Fatal(err)
	}
	second := open(t, Options{Dir: dir})
	answers(t, second, "", "1")
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("the record is still where it was (%v)", err)
	}
}

// TestDeclaredEverywhere sees that a declared function has the environment of the place it is called in, that its
// processes stay warm, and that there are no more of them than may work at once.
func TestDeclaredEverywhere(t *testing.T) {
	c := open(t, Options{AccountKeys: true})
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "handler.py"), []byte(tellPlace), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Declare(Function{Name: "f", Runtime: "python3.12", Handler: "handler.handler", Timeout: 30 * time.Second, Concurrency: 2, Code: Code{Dir: dir}}); err != nil {
		t.Fatal(err)
	}
	third := arn.Place{Region: "us-west-2", Account: home.Account}
	last := map[arn.Place]string{}
	for _, at := range []arn.Place{home, away, home, away, third, away} {
		got := answersAt(t, c, at)
		want := `["` + at.Region + `", "` + at.Account + `", "` + at.FunctionARN("f", "") + `", `
		if len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("in %v it answers %s", at, got)
		}
		if before := last[at]; before != "" && before != got {
			t.Errorf("in %v it answers %s and then %s: the process was not kept", at, before, got)
		}
		last[at] = got
	}
	e, _, err := c.find(Ref{Name: "f"})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(e.latest.runner.(*pool).idle); n != 2 {
		t.Errorf("%d processes are idle, want 2", n)
	}
}

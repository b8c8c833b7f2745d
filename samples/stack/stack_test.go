package stack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/deploy"
	"github.com/statelark/statelark/samples"
)

// A template can be written for every sample that says of nothing that it cannot be made.
func TestTemplates(t *testing.T) {
	all, err := samples.List()
	if err != nil {
		t.Fatal(err)
	}
	m := &Maker{Place: arn.Place{Region: "cn-north-1", Account: "210987654321"}}
	written := 0
	for _, s := range all {
		folder := filepath.Join(t.TempDir(), s.Name)
		if err := os.CopyFS(folder, s.Files()); err != nil {
			t.Fatal(err)
		}
		why := Unmade(s)
		if _, err := m.template(s, folder); err != nil != (why != "" && !s.Has(templateFile)) {
			t.Errorf("%s: %v, though it cannot be made for: %s", s.Name, err, why)
		}
		if s.Has(templateFile) || why != "" {
			continue
		}
		text, err := m.write(s, folder)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, "123456789012") || strings.Contains(text, "arn:aws:iam") {
			t.Errorf("%s: the template names another place:\n%s", s.Name, text)
		}
		if _, err := deploy.ParseTemplate(text); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		written++
	}
	if written < 8 {
		t.Errorf("%d templates were written", written)
	}
}

// What is somebody's state machine of a common name is not replaced.
func TestNamesAreTheSamples(t *testing.T) {
	for sample, want := range map[string]string{"order": "sample-order", "poller": "poller"} {
		s, err := samples.Read(sample)
		if err != nil {
			t.Fatal(err)
		}
		if got := name(s); got != want {
			t.Errorf("the stack of %s is %s", sample, got)
		}
	}
}

func TestMissing(t *testing.T) {
	s := &samples.Sample{Name: "x", Needs: []string{"sh", "no-such-program"}}
	if got := Missing(s); len(got) != 1 || got[0] != "no-such-program" {
		t.Errorf("missing are %v", got)
	}
}

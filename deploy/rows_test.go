package deploy

import (
	"slices"
	"strings"
	"testing"

	"github.com/statelark/statelark/awswire/model"
)

// TestRows compiles every expression of every row and looks for its operations in the model.
func TestRows(t *testing.T) {
	for kind, r := range rows {
		sources := []string{r.id}
		for _, source := range r.attributes {
			sources = append(sources, source)
		}
		for _, s := range slices.Concat(r.create, r.update, r.remove) {
			sources = append(sources, s.input, s.when, s.each, s.until)
			service, operation, _ := strings.Cut(s.call, ":")
			m := model.Load(service)
			if m == nil || m.Operations[operation] == nil {
				t.Errorf("%s: there is no operation %s", kind, s.call)
				continue
			}
			for name := range strings.FieldsSeq(s.copy) {
				if s.camel {
					name = strings.ToLower(name[:1]) + name[1:]
				}
				if m.Operations[operation].Input.Member(name) == nil {
					t.Errorf("%s: %s has no parameter %s", kind, s.call, name)
				}
			}
		}
		for _, source := range sources {
			if source == "" {
				continue
			}
			if _, err := expression(source); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
		if (r.nothing == "") != (len(r.create) > 0) {
			t.Errorf("%s is made by %d steps, and nothing is %q", kind, len(r.create), r.nothing)
		}
		for name := range strings.FieldsSeq(r.resets) {
			if ok, _ := r.changes(name); !ok {
				t.Errorf("%s: %s is taken back and cannot be changed", kind, name)
			}
		}
		for _, name := range r.idle {
			if ok, _ := r.takes(name); ok {
				t.Errorf("%s: %s does something and is idle", kind, name)
			}
		}
	}
}

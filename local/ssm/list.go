package ssm

import (
	"context"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

type filter struct {
	Key    string
	Option string
	Values []string
}

type listInput struct {
	Path             string
	Recursive        bool
	WithDecryption   bool
	Filters          []filter
	ParameterFilters []filter
	MaxResults       int
	NextToken        string
	Shared           bool
}

func (s *Service) describeParameters(_ context.Context, r *awswire.Request, in *listInput) (*keptOutput, error) {
	if len(in.Filters) > 0 && len(in.ParameterFilters) > 0 {
		return nil, invalid("You can use either Filters or ParameterFilters in a single request.")
	}
	filters := in.ParameterFilters
	for _, f := range in.Filters {
		f.Option = "Equals"
		if f.Key == "Name" {
			f.Option = "BeginsWith"
		}
		filters = append(filters, f)
	}
	if err := checkFilters(filters, "Path", "Name", "Type", "KeyId", "Tier", "DataType"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.matching(r.Place, filters)
	if err != nil {
		return nil, err
	}
	out := &keptOutput{Parameters: []kept{}}
	if in.Shared {
		all = nil // nobody shares any
	}
	if all, out.NextToken, err = page(all, in.NextToken, in.MaxResults, 50); err != nil {
		return nil, err
	}
	for _, p := range all {
		k := keep(p, p.Latest)
		k.ARN = p.arn(r.Place)
		out.Parameters = append(out.Parameters, k)
	}
	return out, nil
}

type pathOutput struct {
	Parameters []*told
	NextToken  string `json:",omitempty"`
}

func (s *Service) getParametersByPath(_ context.Context, r *awswire.Request, in *listInput) (*pathOutput, error) {
	if !strings.HasPrefix(in.Path, "/") || !nameForm.MatchString(in.Path) {
		return nil, invalid(`The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "/". ` +
			`It can't be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), ` +
			`_ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". ` +
			`Valid example: /get/parameters2-/by1./path0_.`)
	}
	if err := checkFilters(in.ParameterFilters, "Type", "KeyId", "Label"); err != nil {
		return nil, err
	}
	depth := "OneLevel"
	if in.Recursive {
		depth = "Recursive"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.matching(r.Place, append([]filter{{"Path", depth, []string{in.Path}}}, in.ParameterFilters...))
	if err != nil {
		return nil, err
	}
	out := &pathOutput{Parameters: []*told{}}
	if all, out.NextToken, err = page(all, in.NextToken, in.MaxResults, 10); err != nil {
		return nil, err
	}
	for _, p := range all {
		v := p.Latest
		for _, f := range in.ParameterFilters { // a label shows the version that has it
			if n := p.labelled(f); f.Key == "Label" && n != 0 {
				if v, err = s.numbered(r.Place, p, n); err != nil {
					return nil, err
				}
			}
		}
		out.Parameters = append(out.Parameters, tell(r.Place, p, v, in.WithDecryption))
	}
	return out, nil
}

// options are how the keys of filters may be compared.
func options(key string) []string {
	switch {
	case key == "Path":
		return []string{"Recursive", "OneLevel"}
	case key == "Name":
		return []string{"BeginsWith", "Contains", "Equals"}
	case key == "Tier", key == "Label", strings.HasPrefix(key, "tag:"):
		return []string{"Equals"}
	}
	return []string{"BeginsWith", "Equals"}
}

func checkFilters(filters []filter, keys ...string) error {
	for i, f := range filters {
		if !slices.Contains(keys, f.Key) && !(strings.HasPrefix(f.Key, "tag:") && keys[0] == "Path") {
			return refuse("InvalidFilterKey", "The following filter key is not valid: %s. Valid filter keys include: [%s].", f.Key, strings.Join(keys, ", "))
		}
		if slices.ContainsFunc(filters[:i], func(g filter) bool { return g.Key == f.Key }) {
			return refuse("InvalidFilterKey", "The following filter is duplicated in the request: %s. A request can contain only one occurrence of a specific filter.", f.Key)
		}
		if f.Option != "" && !slices.Contains(options(f.Key), f.Option) {
			return refuse("InvalidFilterOption", "The following filter option is not valid: %s. Valid options include: [%s].", f.Option, strings.Join(options(f.Key), ", "))
		}
		if len(f.Values) == 0 && !strings.HasPrefix(f.Key, "tag:") {
			return refuse("InvalidFilterValue", "The following filter values are missing : null for filter key %s.", f.Key)
		}
		if err := f.checkValues(); err != nil {
			return err
		}
	}
	return nil
}

func (f filter) checkValues() error {
	known := map[string][]string{"Type": {"String", "StringList", typeSecure}, "Tier": {tierStandard, tierAdvanced, tierSmart}}[f.Key]
	for _, v := range f.Values {
		switch {
		case f.Key == "Path" && (!strings.HasPrefix(v, "/") || strings.Contains(v, "//")):
			return invalid(`The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "/". ` +
				`It can't be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), ` +
				`_ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". ` +
				`Valid example: /get/parameters2-/by1./path0_.`)
		case known != nil && f.Option != "BeginsWith" && !slices.Contains(known, v):
			return refuse("InvalidFilterValue", "The following filter value is not valid: %s. Valid values include: [%s].", v, strings.Join(known, ", "))
		}
	}
	return nil
}

// matching returns the parameters that all filters let through.
func (s *Service) matching(at arn.Place, filters []filter) ([]*parameter, error) {
	var found, gone []*parameter
	for p, err := range s.parameters.All(at) {
		switch {
		case err != nil:
			return nil, err
		case p.expired(s.o.Now()):
			gone = append(gone, p)
		case !slices.ContainsFunc(filters, func(f filter) bool { return !p.match(f) }):
			found = append(found, p)
		}
	}
	for _, p := range gone {
		if err := s.remove(at, p); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (p *parameter) match(f filter) bool {
	switch {
	case f.Key == "Path":
		return slices.ContainsFunc(f.Values, func(path string) bool { return p.under(path, f.Option == "Recursive") })
	case f.Key == "Label":
		return p.labelled(f) != 0
	case strings.HasPrefix(f.Key, "tag:"):
		at := slices.IndexFunc(p.Tags, func(t tag) bool { return t.Key == f.Key[len("tag:"):] })
		return at >= 0 && (len(f.Values) == 0 || slices.Contains(f.Values, p.Tags[at].Value))
	}
	have := map[string]string{"Name": p.Name, "Type": p.Latest.Type, "KeyId": p.Latest.KeyID, "Tier": p.Latest.Tier, "DataType": p.Latest.DataType}[f.Key]
	return slices.ContainsFunc(f.Values, func(want string) bool {
		have := have
		if f.Key == "Name" { // of a name without levels the slash does not count
			if f.Option == "Contains" {
				return strings.Contains(have, want)
			}
			have, want = "/"+strings.TrimPrefix(have, "/"), "/"+strings.TrimPrefix(want, "/")
		}
		if f.Option == "BeginsWith" {
			return strings.HasPrefix(have, want)
		}
		return have == want
	})
}

// under reports whether a parameter is under a path, at any depth or right below it.
func (p *parameter) under(path string, deep bool) bool {
	rest, ok := strings.CutPrefix("/"+strings.TrimPrefix(p.Name, "/"), strings.TrimSuffix(path, "/")+"/")
	return ok && (deep || !strings.Contains(rest, "/"))
}

// labelled returns the version that a label of a filter is on, 0 when there is none.
func (p *parameter) labelled(f filter) int64 {
	for _, label := range f.Values {
		if n := p.Labels[label]; n != 0 {
			return n
		}
	}
	return 0
}

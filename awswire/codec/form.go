package codec

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// The query protocol puts a document into parameters whose names are paths: Tags.member.2.Key=k. EC2's is the same with other
// names and without "member".

// param is what parameters say of one place of a document.
type param struct {
	text string
	set  bool // there is a parameter of just that name
	kids map[string]*param
	// numbers are the names of kids that are numbers, in the order of the parameters.
	numbers []int
}

// paramTree makes a tree of parameters.
func paramTree(form url.Values) (*param, error) {
	root := &param{}
	for name, texts := range form {
		if strings.Count(name, ".") > maxDepth {
			return nil, errors.New("a parameter is nested too deep")
		}
		at := root
		for step := range strings.SplitSeq(name, ".") {
			at = at.make(step)
		}
		at.text, at.set = texts[0], true
	}
	return root, nil
}

func (p *param) make(name string) *param {
	if k := p.kids[name]; k != nil {
		return k
	}
	if p.kids == nil {
		p.kids = map[string]*param{}
	}
	k := &param{}
	p.kids[name] = k
	if n, err := strconv.Atoi(name); err == nil {
		p.numbers = append(p.numbers, n)
	}
	return k
}

// numbered returns the kids that have numbers, in their order.
func (p *param) numbered() []*param {
	slices.Sort(p.numbers)
	kids := make([]*param, 0, len(p.numbers))
	for _, n := range slices.Compact(p.numbers) {
		if k := p.kids[strconv.Itoa(n)]; k != nil {
			kids = append(kids, k)
		}
	}
	return kids
}

// form is the protocol of which parameters are.
type form struct{ ec2 bool }

// name is the name of a member's parameters.
func (f form) name(m *model.Member) string {
	switch {
	case m.QueryName != "":
		return m.QueryName
	case f.ec2:
		name := m.WireName()
		return strings.ToUpper(name[:1]) + name[1:]
	case m.Shape.Kind == model.List && flat(m) && m.Shape.ElemName != "":
		return m.Shape.ElemName
	}
	return m.WireName()
}

// fromParams returns a document.
func (f form) fromParams(p *param, s *model.Shape, flattened bool) (value.Value, error) {
	switch s.Kind {
	case model.Structure:
		return f.structure(p, s)
	case model.List:
		return f.list(p, s, flattened)
	case model.Map:
		return f.entries(p, s, flattened)
	}
	return scalar(p.text, s, isoTime)
}

func (f form) structure(p *param, s *model.Shape) (value.Value, error) {
	var members []value.Member
	for i := range s.Members {
		m := &s.Members[i]
		k := p.kids[f.name(m)]
		if k == nil {
			continue
		}
		v, err := f.fromParams(k, m.Shape, flat(m))
		if err != nil {
			return value.Value{}, err
		}
		members = append(members, value.Member{Key: m.Name, Value: v})
	}
	return value.NewObject(members), nil
}

func (f form) list(p *param, s *model.Shape, flattened bool) (value.Value, error) {
	if !flattened && !f.ec2 {
		name := s.ElemName
		if name == "" {
			name = "member"
		}
		if p.kids[name] != nil {
			p = p.kids[name]
		}
	}
	kids := p.numbered()
	elems := make([]value.Value, 0, len(kids))
	for _, k := range kids {
		v, err := f.fromParams(k, s.Elem, s.Elem.Flattened)
		if err != nil {
			return value.Value{}, err
		}
		elems = append(elems, v)
	}
	return value.NewArray(elems), nil
}

func (f form) entries(p *param, s *model.Shape, flattened bool) (value.Value, error) {
	if !flattened && p.kids["entry"] != nil {
		p = p.kids["entry"]
	}
	keyName, elemName := mapNames(s)
	var members []value.Member
	at := map[string]int{}
	for _, entry := range p.numbered() {
		key, k := entry.kids[keyName], entry.kids[elemName]
		if key == nil || k == nil {
			continue
		}
		v, err := f.fromParams(k, s.Elem, s.Elem.Flattened)
		if err != nil {
			return value.Value{}, err
		}
		if i, again := at[key.text]; again {
			members[i].Value = v
			continue
		}
		at[key.text] = len(members)
		members = append(members, value.Member{Key: key.text, Value: v})
	}
	return value.NewObject(members), nil
}

// appendParams appends the parameters that a document is, to the names and texts of dst.
func (f form) appendParams(dst [][2]string, name string, v value.Value, s *model.Shape, flattened bool) [][2]string {
	switch {
	case v.IsNull():
		return dst
	case s.Kind == model.Structure:
		if name != "" {
			name += "."
		}
		for i := range s.Members {
			m := &s.Members[i]
			if mv, ok := v.Get(m.Name); ok {
				dst = f.appendParams(dst, name+f.name(m), mv, m.Shape, flat(m))
			}
		}
		return dst
	case s.Kind == model.List:
		return f.appendList(dst, name, v, s, flattened)
	case s.Kind == model.Map:
		if !flattened {
			name += ".entry"
		}
		keyName, elemName := mapNames(s)
		for i, m := range v.Members() {
			at := name + "." + strconv.Itoa(i+1) + "."
			dst = append(dst, [2]string{at + keyName, m.Key})
			dst = f.appendParams(dst, at+elemName, m.Value, s.Elem, s.Elem.Flattened)
		}
		return dst
	}
	return append(dst, [2]string{name, scalarText(v, s, isoTime, false)})
}

func (f form) appendList(dst [][2]string, name string, v value.Value, s *model.Shape, flattened bool) [][2]string {
	switch {
	case f.ec2:
	case v.Len() == 0:
		return append(dst, [2]string{name, ""}) // the query protocol has empty lists, EC2's none
	case !flattened && s.ElemName != "":
		name += "." + s.ElemName
	case !flattened:
		name += ".member"
	}
	for i, e := range v.Elems() {
		dst = f.appendParams(dst, name+"."+strconv.Itoa(i+1), e, s.Elem, s.Elem.Flattened)
	}
	return dst
}

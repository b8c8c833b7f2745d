package jsonata

// sortItems sorts with the reference's merge sort: stable, after(a, b) saying that a belongs after b. An
// inconsistent comparison thus gives the same order as there.
func sortItems[T any](ev *evaluator, items []T, after func(a, b T) (bool, *Error)) ([]T, *Error) {
	if len(items) <= 1 {
		return items, nil
	}
	if err := ev.spend(len(items) / compared); err != nil {
		return nil, err
	}
	middle := len(items) / 2
	left, err := sortItems(ev, items[:middle], after)
	if err != nil {
		return nil, err
	}
	right, err := sortItems(ev, items[middle:], after)
	if err != nil {
		return nil, err
	}
	merged := make([]T, 0, len(items))
	for len(left) > 0 && len(right) > 0 {
		swap, err := after(left[0], right[0])
		if err != nil {
			return nil, err
		}
		if swap {
			merged, right = append(merged, right[0]), right[1:]
		} else {
			merged, left = append(merged, left[0]), left[1:]
		}
	}
	merged = append(merged, left...)
	return append(merged, right...), nil
}

// sortItem is an item of an order-by clause with the keys that were computed so far.
type sortItem struct {
	item val
	keys []val
	have int
}

// sort applies an order-by clause. Fewer than two items stay the array that they are.
func (ev *evaluator) sort(n *node, input val, env *frame) (val, *Error) {
	l := input.items(ev.dialect)
	if l.len() <= 1 {
		return input, nil
	}
	s := sorter{ev: ev, n: n, env: env, tuples: input.isTupleStream()}
	items := make([]*sortItem, l.len())
	keys := make([]val, len(items)*len(n.terms))
	for i := range items {
		items[i] = &sortItem{item: l.at(i), keys: keys[i*len(n.terms) : (i+1)*len(n.terms)]}
	}
	items, err := sortItems(ev, items, s.after)
	if err != nil {
		return undefined, err
	}
	sorted := &array{elems: make([]val, 0, len(items))}
	for _, item := range items {
		sorted.push(item.item)
	}
	return arrayVal(sorted), nil
}

type sorter struct {
	ev     *evaluator
	n      *node
	env    *frame
	tuples bool
}

// key returns the value of term i of an item, computed on first use.
func (s *sorter) key(item *sortItem, i int) (val, *Error) {
	for ; item.have <= i; item.have++ {
		context, env := item.item, s.env
		if s.tuples {
			context, env = context.get(itemKey, s.ev.dialect), tupleFrame(env, item.item)
		}
		k, err := s.ev.eval(s.n.terms[item.have].expr, context, env)
		if err != nil {
			return undefined, err
		}
		item.keys[item.have] = k
	}
	return item.keys[i], nil
}

// after reports whether a belongs after b. Items without a key belong after those with one.
func (s *sorter) after(a, b *sortItem) (bool, *Error) {
	for i := range s.n.terms {
		ka, err := s.key(a, i)
		if err != nil {
			return false, err
		}
		kb, err := s.key(b, i)
		if err != nil {
			return false, err
		}
		switch {
		case !ka.defined() && !kb.defined():
			continue
		case !ka.defined():
			return true, nil
		case !kb.defined():
			return false, nil
		}
		if err := s.check(ka, kb); err != nil {
			return false, err
		}
		s.ev.steps += compareSteps(ka, kb)
		if c := order(ka, kb); c != 0 {
			return (c > 0) != s.n.terms[i].descending, nil
		}
	}
	return false, nil
}

func (s *sorter) check(a, b val) *Error {
	if !a.comparable() {
		return failValue("T2008", a).at(s.n.pos)
	}
	if !b.comparable() {
		return failValue("T2008", b).at(s.n.pos)
	}
	if a.tag != b.tag {
		e := failValue("T2007", a).at(s.n.pos)
		e.Value2 = renderValue(b)
		return e
	}
	return nil
}

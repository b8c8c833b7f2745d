package jsonata

// A % stands for the value that the step before the previous one gave: its slot travels left along the path,
// losing a level at every step it passes, and where the level reaches zero the step becomes the ancestor.
// What a path cannot satisfy it hands up as "seeking" to the path around it.

// seekWith makes n seek what its part c seeks.
func (n *node) seekWith(c *node) {
	if c.seeking == nil && c.kind != kindParent {
		return
	}
	n.seeking = append(n.seeking, c.seeking...)
	if c.kind == kindParent {
		n.seeking = append(n.seeking, c.slot)
	}
}

func failParent(n *node) *Error {
	e := failAt("S0217", n.pos)
	e.Token = quoteJSON(kindNames[n.kind])
	return e
}

// seekParent looks for the owner of s in n and the steps inside it.
func seekParent(n *node, s *slot) error {
	switch n.kind {
	case kindName, kindWildcard:
		s.level--
		if s.level == 0 {
			if n.ancestor != nil {
				s.label = n.ancestor.label
			}
			n.ancestor = s
			n.tuple = true
		}
	case kindParent:
		s.level++
	case kindBlock:
		if len(n.list) > 0 {
			n.tuple = true
			return seekParent(n.last(), s)
		}
	case kindPath:
		n.tuple = true
		i := len(n.list) - 1
		if err := seekParent(n.list[i], s); err != nil {
			return err
		}
		for i--; s.level > 0 && i >= 0; i-- {
			if err := seekParent(n.list[i], s); err != nil {
				return err
			}
		}
	default:
		return failParent(n)
	}
	return nil
}

// seekFromPredicate settles what the predicate of step seeks: the nearest level is the step itself.
func seekFromPredicate(step, predicate *node) error {
	for _, s := range predicate.seeking {
		if s.level == 1 {
			if err := seekParent(step, s); err != nil {
				return err
			}
		} else {
			s.level--
		}
	}
	step.seekWith(predicate)
	return nil
}

// resolveAncestry settles what the last step of path seeks among the steps before it.
func resolveAncestry(path *node) error {
	last := path.last()
	slots := last.seeking
	if last.kind == kindParent {
		slots = append(slots[:len(slots):len(slots)], last.slot)
	}
	for _, s := range slots {
		i := len(path.list) - 2
		for s.level > 0 {
			if i < 0 {
				path.seeking = append(path.seeking, s)
				break
			}
			step := path.list[i]
			for i--; i >= 0 && step.focus != "" && path.list[i].focus != ""; i-- {
				step = path.list[i]
			}
			if err := seekParent(step, s); err != nil {
				return err
			}
		}
	}
	return nil
}

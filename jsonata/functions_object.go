package jsonata

func keys(c *call) (val, *Error) {
	out := newSequence()
	seen := map[string]bool{}
	c.collectKeys(c.arg(0), func(key string) {
		if !seen[key] {
			seen[key] = true
			out.push(stringVal(key))
		}
	})
	if c.arg(0).tag == tagArray && c.ev.dialect == Reference {
		// The reference collects the keys in an object, which lists integers first.
		members := make([]member, out.len())
		for i, k := range out.elems {
			members[i] = member{key: k.text()}
		}
		for i, m := range indexesFirst(members) {
			out.elems[i] = stringVal(m.key)
		}
	}
	return arrayVal(out), nil
}

// collectKeys calls add for each key of an object or of the objects in an array.
func (c *call) collectKeys(v val, add func(key string)) {
	switch v.tag {
	case tagObject:
		members := v.members(c.ev.dialect)
		c.ev.steps += 2 * len(members)
		for _, m := range members {
			add(m.key)
		}
	case tagArray:
		l := v.list(c.ev.dialect)
		c.ev.steps += l.len() / elements
		for i := range l.len() {
			c.collectKeys(l.at(i), add)
		}
	}
}

func lookup(c *call) (val, *Error) {
	return c.ev.name(c.arg(0), c.needle()), nil
}

func spread(c *call) (val, *Error) {
	switch v := c.arg(0); v.tag {
	case tagArray:
		l := v.list(c.ev.dialect)
		out := newSequence()
		for i := range l.len() {
			item := l.at(i)
			c.spreadInto(out, item)
			out.sequence = out.sequence && !item.defined()
		}
		return arrayVal(out), nil
	case tagObject:
		out := newSequence()
		c.spreadInto(out, v)
		return arrayVal(out), nil
	default:
		return v, nil
	}
}

// spreadInto appends an object for each member of v, or of the objects in v; anything else as it is.
func (c *call) spreadInto(out *array, v val) {
	switch v.tag {
	case tagArray:
		l := v.list(c.ev.dialect)
		c.ev.steps += l.len() / elements
		for i := range l.len() {
			c.spreadInto(out, l.at(i))
		}
	case tagObject:
		members := v.members(c.ev.dialect)
		c.ev.steps += 2 * len(members)
		for _, m := range members {
			o := &object{}
			o.set(m.key, m.val)
			out.push(objectVal(o))
		}
	case tagUndefined:
	default:
		out.push(v)
	}
}

func merge(c *call) (val, *Error) {
	if !c.arg(0).defined() {
		return undefined, nil
	}
	out := &object{}
	l := c.arg(0).list(c.ev.dialect)
	for i := range l.len() {
		members := l.at(i).members(c.ev.dialect)
		if err := c.ev.spend(1 + len(members)); err != nil {
			return undefined, err
		}
		for _, m := range members {
			out.set(m.key, m.val)
		}
		if out.size > c.ev.maxMemory {
			return undefined, c.ev.failMemory()
		}
	}
	return objectVal(out), nil
}

func clone(c *call) (val, *Error) {
	if !c.arg(0).defined() {
		return undefined, nil
	}
	return c.ev.clone(c.arg(0))
}

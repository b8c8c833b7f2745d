package jsonata

// eachItem calls f for each item of the first argument with what the function in the second argument says to
// it; false when there is no array.
func (c *call) eachItem(f func(i int, item, result val) *Error) (bool, *Error) {
	arr := c.arg(0)
	if !arr.defined() {
		return false, nil
	}
	l := arr.list(c.ev.dialect)
	args := c.ev.slabs.vals.take(3)
	for i := range l.len() {
		item := l.at(i)
		result := trueVal
		if fn := c.arg(1); fn.defined() {
			args[0], args[1], args[2] = item, numberVal(float64(i)), arr
			var err *Error
			if result, err = c.callback(fn, args); err != nil {
				return true, err
			}
		}
		if err := f(i, item, result); err != nil {
			return true, err
		}
	}
	return true, nil
}

// maxAhead bounds how many results are made room for before there are any.
const maxAhead = 256

func mapItems(c *call) (val, *Error) {
	l := c.arg(0).list(c.ev.dialect)
	out := c.ev.slabs.sequence(min(l.len(), maxAhead))
	some, err := c.eachItem(func(_ int, _, result val) *Error {
		if result.defined() {
			out.push(result)
		}
		return c.bound(out)
	})
	if err != nil || !some {
		return undefined, err
	}
	return arrayVal(out), nil
}

// bound applies the limit on memory to an array while it grows.
func (c *call) bound(a *array) *Error {
	if a.size > c.ev.maxMemory {
		return c.ev.failMemory()
	}
	return nil
}

func filterItems(c *call) (val, *Error) {
	out := newSequence()
	some, err := c.eachItem(func(_ int, item, result val) *Error {
		truth, err := c.ev.truth(result)
		if truth {
			out.push(item)
		}
		return err
	})
	if err != nil || !some {
		return undefined, err
	}
	return arrayVal(out), nil
}

func single(c *call) (val, *Error) {
	var match val
	n := 0
	some, err := c.eachItem(func(i int, item, result val) *Error {
		truth, err := c.ev.truth(result)
		if err != nil || !truth {
			return err
		}
		if n++; n > 1 {
			e := fail("D3138")
			e.Index = i
			return e
		}
		match = item
		return nil
	})
	switch {
	case err != nil || !some:
		return undefined, err
	case n == 0:
		return undefined, fail("D3139")
	}
	return match, nil
}

func reduce(c *call) (val, *Error) {
	arr, fn, acc := c.arg(0), c.arg(1), c.arg(2)
	if !arr.defined() {
		return undefined, nil
	}
	arity := 0
	if f := fn.function(); f != nil {
		arity = f.arity
	}
	if arity < 2 {
		e := fail("D3050")
		e.Index = 1
		return undefined, e
	}
	l := arr.list(c.ev.dialect)
	from := 0
	if !acc.defined() && l.len() > 0 {
		acc, from = l.at(0), 1
	}
	var err *Error
	args := make([]val, 4)
	before := c.ev.held.values
	for i := from; i < l.len() && err == nil; i++ {
		c.ev.held.values = before + bytesOf(acc)
		args[0], args[1], args[2], args[3] = acc, l.at(i), numberVal(float64(i)), arr
		acc, err = c.ev.invoke(fn, args[:min(arity, 4)], nullVal, c.env)
	}
	return acc, err
}

// eachMember calls f for each member of the first argument with what the function in the second argument
// says to it.
func (c *call) eachMember(f func(m member, result val) *Error) *Error {
	obj := c.arg(0)
	members := obj.members(c.ev.dialect)
	if err := c.ev.spend(len(members) / elements); err != nil {
		return err
	}
	for _, m := range members {
		if !m.val.defined() {
			continue
		}
		result, err := c.callback(c.arg(1), []val{m.val, stringVal(m.key), obj})
		if err != nil {
			return err
		}
		if err := f(m, result); err != nil {
			return err
		}
	}
	return nil
}

func each(c *call) (val, *Error) {
	out := newSequence()
	err := c.eachMember(func(_ member, result val) *Error {
		if result.defined() {
			out.push(result)
		}
		return c.bound(out)
	})
	return arrayVal(out), err
}

func sift(c *call) (val, *Error) {
	out := &object{}
	err := c.eachMember(func(m member, result val) *Error {
		truth, err := c.ev.truth(result)
		if truth {
			out.set(m.key, m.val)
		}
		return err
	})
	if err != nil || len(out.members) == 0 {
		return undefined, err
	}
	return objectVal(out), nil
}

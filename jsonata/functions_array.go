package jsonata

import "math"

func count(c *call) (val, *Error) {
	if !c.arg(0).defined() {
		return numberVal(0), nil
	}
	l := c.arg(0).list(c.ev.dialect)
	return numberVal(float64(l.len())), nil
}

func appendItems(c *call) (val, *Error) { return appendVals(c.arg(0), c.arg(1), c.ev.dialect), nil }

func reverse(c *call) (val, *Error) {
	v := c.arg(0)
	l := v.items(c.ev.dialect)
	if !v.defined() || l.len() <= 1 {
		return v, nil
	}
	result := &array{elems: make([]val, 0, l.len())}
	for i := l.len() - 1; i >= 0; i-- {
		result.push(l.at(i))
	}
	return arrayVal(result), nil
}

func shuffle(c *call) (val, *Error) {
	v := c.arg(0)
	l := v.items(c.ev.dialect)
	if !v.defined() || l.len() <= 1 {
		return v, nil
	}
	elems := make([]val, l.len())
	for i := range elems {
		j := min(max(floorInt(c.random()*float64(i+1)), 0), i)
		elems[i] = elems[j]
		elems[j] = l.at(i)
	}
	result := &array{}
	result.pushAll(list{elems: elems})
	return arrayVal(result), nil
}

// scalar is what tells one scalar from another.
type scalar struct {
	tag tag
	num float64
	str string
}

func distinct(c *call) (val, *Error) {
	v := c.arg(0)
	l := v.items(c.ev.dialect)
	if v.tag != tagArray || l.len() <= 1 {
		return v, nil
	}
	result := &array{sequence: v.isSequence()}
	scalars := map[scalar]bool{}
	var containers []val
	for i := range l.len() {
		e := l.at(i)
		if e.tag == tagArray || e.tag == tagObject || e.tag == tagFunction {
			if known, err := c.isAmong(e, containers); err != nil {
				return undefined, err
			} else if known {
				continue
			}
			containers = append(containers, e)
		} else {
			key := scalar{tag: e.tag, num: e.num}
			if e.tag == tagString {
				c.ev.steps += int(e.num) / bytesCopied
				key.str = e.text()
			}
			if scalars[key] {
				continue
			}
			scalars[key] = true
		}
		if err := c.ev.spend(1); err != nil {
			return undefined, err
		}
		result.push(e)
	}
	return arrayVal(result), nil
}

func (c *call) isAmong(v val, others []val) (bool, *Error) {
	for _, o := range others {
		if err := c.ev.spend(1); err != nil {
			return false, err
		}
		if c.ev.equal(v, o) {
			return true, nil
		}
	}
	return false, nil
}

// sortArray sorts numbers or strings, or anything by a function that says whether its first argument belongs
// after its second.
func sortArray(c *call) (val, *Error) {
	v, comparator := c.arg(0), c.arg(1)
	l := v.items(c.ev.dialect)
	if !v.defined() || l.len() <= 1 {
		return v, nil
	}
	after := func(a, b val) (bool, *Error) {
		c.ev.steps += compareSteps(a, b)
		return order(a, b) > 0, nil
	}
	if comparator.defined() {
		args := make([]val, 2)
		after = func(a, b val) (bool, *Error) {
			args[0], args[1] = a, b
			r, err := c.ev.invoke(comparator, args, nullVal, c.env)
			return r.truthy(), err
		}
	} else if uniform, err := isUniform(&l); err != nil {
		return undefined, err
	} else if !uniform {
		e := fail("D3070")
		e.Index = 1
		return undefined, e
	}
	elems, err := sortItems(c.ev, l.all(), after)
	if err != nil {
		return undefined, err
	}
	result := &array{}
	result.pushAll(list{elems: elems})
	return arrayVal(result), nil
}

// isUniform reports whether all items are numbers or all are strings.
func isUniform(l *list) (bool, *Error) {
	numbers, strings := true, true
	for i := range l.len() {
		e := l.at(i)
		numeric, err := e.isNumeric()
		if err != nil {
			return false, err
		}
		numbers = numbers && numeric
		strings = strings && e.tag == tagString
	}
	return numbers || strings, nil
}

// truthy is JavaScript's own notion of truth, which the reference applies to a sort comparison.
func (v val) truthy() bool {
	switch v.tag {
	case tagUndefined, tagNull:
		return false
	case tagBool:
		return v.num != 0
	case tagNumber:
		return v.num != 0 && !math.IsNaN(v.num)
	case tagString:
		return v.text() != ""
	}
	return true
}

func zip(c *call) (val, *Error) {
	lists := make([]list, len(c.args))
	n := math.MaxInt
	for i, a := range c.args {
		if a.tag == tagArray {
			lists[i] = a.list(c.ev.dialect)
		}
		n = min(n, lists[i].len())
	}
	result := &array{}
	if len(c.args) == 0 {
		return arrayVal(result), nil
	}
	for i := range n {
		if err := c.ev.spend(4 + len(lists)/elements); err != nil {
			return undefined, err
		}
		tuple := &array{}
		for k := range lists {
			tuple.push(lists[k].at(i))
		}
		result.push(arrayVal(tuple))
	}
	return arrayVal(result), nil
}

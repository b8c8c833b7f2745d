package jsonata

func boolean(c *call) (val, *Error) {
	v := c.arg(0)
	for v.tag == tagArray {
		l := v.list(c.ev.dialect)
		if l.len() != 1 {
			break
		}
		v = l.at(0)
	}
	if !v.defined() {
		return undefined, nil
	}
	truth, err := c.ev.truth(v)
	return boolVal(truth), err
}

func not(c *call) (val, *Error) {
	if !c.arg(0).defined() {
		return undefined, nil
	}
	truth, err := c.ev.truth(c.arg(0))
	return boolVal(!truth), err
}

func exists(c *call) (val, *Error) { return boolVal(c.arg(0).defined()), nil }

var typeNames = [...]string{
	tagNull: "null", tagBool: "boolean", tagNumber: "number", tagString: "string", tagArray: "array",
	tagObject: "object", tagFunction: "function",
}

func typeOf(c *call) (val, *Error) {
	v := c.arg(0)
	if !v.defined() {
		return undefined, nil
	}
	if v.tag == tagNumber && c.ev.dialect == Reference {
		if numeric, err := v.isNumeric(); err != nil {
			return undefined, err
		} else if !numeric {
			return stringVal("object"), nil // what the reference makes of NaN
		}
	}
	return stringVal(typeNames[v.tag]), nil
}

func raise(c *call) (val, *Error) {
	return undefined, failText("D3137", c.arg(0), "$error() function evaluated")
}

func assert(c *call) (val, *Error) {
	if c.arg(0).isTrue() {
		return undefined, nil
	}
	return undefined, failText("D3141", c.arg(1), "$assert() statement failed")
}

// failText makes an error with the user's own message, or a standing one where that is empty.
func failText(code string, message val, standing string) *Error {
	e := fail(code)
	e.text = standing
	if message.text() != "" {
		e.text = message.text()
	}
	return e
}

// evalText evaluates an expression that is given as text, on the given value or the context.
func evalText(c *call) (val, *Error) {
	text := c.arg(0)
	if !text.defined() {
		return undefined, nil
	}
	input := c.input
	if focus := c.arg(1); focus.defined() {
		input = focus
		if focus.tag == tagArray && !focus.isSequence() {
			wrapped := newSequence(focus)
			wrapped.outer = true
			input = arrayVal(wrapped)
		}
	}
	if err := c.ev.spend(len(text.text())); err != nil {
		return undefined, err
	}
	expr, failure := Parse(text.text(), c.ev.dialect)
	if failure != nil {
		e := fail("D3120")
		e.Value = quoteJSON(asError(failure).Message)
		return undefined, e
	}
	v, err := c.ev.eval(expr.root, input, c.env)
	if err != nil {
		e := fail("D3121")
		e.Value = quoteJSON(err.finish(text.text()).Message)
		return undefined, e
	}
	return v, nil
}

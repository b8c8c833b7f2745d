package jsonata

import (
	"math"

	"github.com/statelark/statelark/value"
)

func (ev *evaluator) binary(n *node, input val, env *frame) (val, *Error) {
	lhs, err := ev.eval(n.lhs, input, env)
	if err != nil {
		return undefined, err
	}
	if n.op == opAnd || n.op == opOr {
		return ev.boolean(n, lhs, input, env)
	}
	rhs := n.rhs.lit
	if !n.rhs.literal {
		if rhs, err = ev.eval(n.rhs, input, env); err != nil {
			return undefined, err
		}
	}
	if lhs.isFinite() && rhs.isFinite() {
		if v := calculate(n.op, lhs.num, rhs.num); v.defined() {
			return v, nil
		}
	}
	if n.op == opConcat && lhs.tag == tagString && rhs.tag == tagString {
		ev.steps += int(lhs.num+rhs.num) / bytesCopied
		return stringVal(joinStrings(lhs.text(), rhs.text())), nil
	}
	v, err := ev.operate(n.op, lhs, rhs)
	if err != nil {
		err.Token, err.Position, err.placed = quoteJSON(n.text), n.pos, true
	}
	return v, err
}

// boolean evaluates "and" and "or", the right side only where it matters. An error on the right side is
// reported as the operator's own, as the reference does.
func (ev *evaluator) boolean(n *node, lhs, input val, env *frame) (val, *Error) {
	truth, err := ev.truth(lhs)
	if err == nil && truth == (n.op == opAnd) {
		var rhs val
		if rhs, err = ev.eval(n.rhs, input, env); err == nil {
			truth, err = ev.truth(rhs)
		}
	}
	if err != nil {
		err.Token, err.Position, err.placed = quoteJSON(n.text), n.pos, true
	}
	return boolVal(truth), err
}

func (ev *evaluator) operate(op operator, lhs, rhs val) (val, *Error) {
	switch op {
	case opAdd, opSub, opMul, opDiv, opMod:
		return arithmetic(op, lhs, rhs)
	case opEqual:
		return boolVal(lhs.defined() && rhs.defined() && ev.equal(lhs, rhs)), nil
	case opNotEqual:
		return boolVal(lhs.defined() && rhs.defined() && !ev.equal(lhs, rhs)), nil
	case opLess, opLessEqual, opGreater, opGreaterEqual:
		ev.steps += compareSteps(lhs, rhs)
		return compare(op, lhs, rhs)
	case opConcat:
		return ev.concat(lhs, rhs)
	case opRange:
		return ev.rangeOf(lhs, rhs)
	case opIn:
		return boolVal(ev.includes(lhs, rhs)), nil
	}
	return undefined, nil
}

func arithmetic(op operator, lhs, rhs val) (val, *Error) {
	if lhs.isFinite() && rhs.isFinite() {
		return calculate(op, lhs.num, rhs.num), nil
	}
	if numeric, err := lhs.isNumeric(); err != nil {
		return undefined, err
	} else if !numeric && lhs.defined() {
		return undefined, failValue("T2001", lhs)
	}
	if numeric, err := rhs.isNumeric(); err != nil {
		return undefined, err
	} else if !numeric && rhs.defined() {
		return undefined, failValue("T2002", rhs)
	}
	return undefined, nil // one side is undefined
}

// isFinite reports whether v is a number and neither infinite nor NaN.
func (v *val) isFinite() bool { return v.tag == tagNumber && v.num-v.num == 0 }

// calculate applies an operator of numbers to finite ones; undefined for any other operator.
func calculate(op operator, a, b float64) val {
	switch op {
	case opAdd:
		return numberVal(a + b)
	case opSub:
		return numberVal(a - b)
	case opMul:
		return numberVal(a * b)
	case opDiv:
		return numberVal(a / b)
	case opMod:
		return numberVal(math.Mod(a, b))
	case opLess:
		return boolVal(a < b)
	case opLessEqual:
		return boolVal(a <= b)
	case opGreater:
		return boolVal(a > b)
	case opGreaterEqual:
		return boolVal(a >= b)
	}
	return undefined
}

// comparable reports whether < and its like, and order-by, accept v.
func (v val) comparable() bool { return v.tag == tagString || v.tag == tagNumber }

func compare(op operator, lhs, rhs val) (val, *Error) {
	if lhs.tag != rhs.tag || !lhs.comparable() {
		return undefined, incomparable(lhs, rhs)
	}
	if lhs.tag == tagNumber && (math.IsNaN(lhs.num) || math.IsNaN(rhs.num)) {
		return falseVal, nil
	}
	c := order(lhs, rhs)
	switch op {
	case opLess:
		return boolVal(c < 0), nil
	case opLessEqual:
		return boolVal(c <= 0), nil
	case opGreater:
		return boolVal(c > 0), nil
	}
	return boolVal(c >= 0), nil
}

// incomparable says why two values have no order, nil when one of them is undefined and the other would do.
func incomparable(lhs, rhs val) *Error {
	switch {
	case lhs.defined() && !lhs.comparable():
		return failValue("T2010", lhs)
	case rhs.defined() && !rhs.comparable():
		// The reference names the left value unless that is a string or a number itself.
		if !lhs.comparable() {
			rhs = lhs
		}
		return failValue("T2010", rhs)
	case !lhs.defined() || !rhs.defined():
		return nil
	}
	e := failValue("T2009", lhs)
	e.Value2 = renderValue(rhs)
	return e
}

// compareSteps is what it costs at most, in steps, to compare two strings.
func compareSteps(a, b val) int {
	if a.tag != tagString || b.tag != tagString {
		return 0
	}
	return int(min(a.num, b.num)) / bytesCopied
}

// order compares two strings or two numbers. NaN comes after everything, itself included.
func order(a, b val) int {
	if a.tag == tagString {
		return compareStrings(a.text(), b.text())
	}
	switch {
	case a.num < b.num:
		return -1
	case a.num == b.num:
		return 0
	}
	return 1
}

// same reports whether a and b are one value: equal scalars, or the very same container or function.
func same(a, b val) bool {
	if a.tag != b.tag {
		return false
	}
	switch a.tag {
	case tagNumber:
		return a.num == b.num
	case tagBool:
		return a.num == b.num
	case tagString:
		return a.text() == b.text()
	case tagArray, tagObject:
		x, xok := a.ref.(*value.Value)
		y, yok := b.ref.(*value.Value)
		if xok && yok {
			return *x == *y
		}
	}
	return a.ref == b.ref
}

// equal compares by value.
func (ev *evaluator) equal(a, b val) bool {
	if a.tag == tagString && a.num == b.num {
		ev.steps += compareSteps(a, b)
	}
	if same(a, b) {
		return true
	}
	if a.tag != b.tag {
		return false
	}
	switch a.tag {
	case tagArray:
		la, lb := a.list(ev.dialect), b.list(ev.dialect)
		n := la.len()
		if n != lb.len() {
			return false
		}
		ev.steps += n / elements
		for i := range n {
			if !ev.equalItems(la.at(i), lb.at(i)) {
				return false
			}
		}
		return true
	case tagObject:
		ma, mb := a.members(AWS), b.members(AWS)
		if len(ma) != len(mb) {
			return false
		}
		ev.steps += len(ma)
		for _, m := range ma {
			other := b.get(m.key, ev.dialect)
			if !other.defined() && !hasKey(mb, m.key) || !ev.equalItems(m.val, other) {
				return false
			}
		}
		return true
	}
	return false
}

// equalItems is equal for the parts of containers, where undefined equals itself.
func (ev *evaluator) equalItems(a, b val) bool {
	return !a.defined() && !b.defined() || ev.equal(a, b)
}

func hasKey(members []member, key string) bool {
	for i := range members {
		if members[i].key == key {
			return true
		}
	}
	return false
}

func (ev *evaluator) includes(item, in val) bool {
	if !item.defined() || !in.defined() {
		return false
	}
	l := in.items(ev.dialect)
	ev.steps += l.len()/compared + l.len()*(compareSteps(item, item))/8
	for i := range l.len() {
		if same(l.at(i), item) {
			return true
		}
	}
	return false
}

func (ev *evaluator) concat(lhs, rhs val) (val, *Error) {
	a, err := ev.stringOrEmpty(lhs)
	if err != nil {
		return undefined, err
	}
	b, err := ev.stringOrEmpty(rhs)
	if err != nil {
		return undefined, err
	}
	ev.steps += (len(a) + len(b)) / bytesCopied
	return stringVal(joinStrings(a, b)), nil
}

func (ev *evaluator) stringOrEmpty(v val) (string, *Error) {
	if !v.defined() {
		return "", nil
	}
	return ev.stringify(v, false)
}

// maxRange is the largest sequence that the range operator makes.
const maxRange = 1e7

func (ev *evaluator) rangeOf(lhs, rhs val) (val, *Error) {
	if lhs.defined() && !lhs.isInteger() {
		return undefined, failValue("T2003", lhs)
	}
	if rhs.defined() && !rhs.isInteger() {
		return undefined, failValue("T2004", rhs)
	}
	if !lhs.defined() || !rhs.defined() || lhs.num > rhs.num {
		return undefined, nil
	}
	size := rhs.num - lhs.num + 1
	if size > maxRange {
		return undefined, failValue("D2014", numberVal(size))
	}
	return arrayVal(&array{ints: span{lhs.num, int(size)}, size: 8 * int(size), sequence: true}), nil
}

func (v val) isInteger() bool {
	return v.tag == tagNumber && v.num == math.Trunc(v.num) && !math.IsInf(v.num, 0)
}

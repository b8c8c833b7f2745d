package jsonata

// holding counts the bytes of memory that an evaluation holds. It is an estimate on the high side: what two values share
// counts in both.
//
// Invariant: while a node is evaluated, values holds what the nodes under way have of their operands, arguments and
// elements so far. When it has its value, that alone is left of it.
type holding struct {
	values    int
	variables int // that scopes bind
}

// hold counts the value of a node.
func (ev *evaluator) hold(v val) *Error {
	if ev.held.values += bytesOf(v); ev.held.values+ev.held.variables > ev.maxHeld {
		return ev.failMemory()
	}
	return nil
}

// leaveScope ends the scope that n opened, before which the variables held so many bytes. It lives on while a function
// that was made in it does, which may be in result.
func (ev *evaluator) leaveScope(n *node, variables int, result val) {
	if !n.captures || result.tag < tagArray {
		ev.held.variables = variables
	}
}

// The bytes of memory that values take.
const (
	elementBytes   = 32  // of an element
	memberBytes    = 64  // of a member, with its part of an index
	containerBytes = 96  // of an array or object
	functionBytes  = 256 // of a function, with the scope that it closes over
)

// bytesOf estimates the memory that v takes. What is in the input is not the evaluation's.
func bytesOf(v val) int {
	switch v.tag {
	case tagString:
		return int(v.num)
	case tagFunction:
		return functionBytes
	case tagArray, tagObject:
		switch c := v.ref.(type) {
		case *array:
			return containerBytes + max(c.bytes, elementBytes*len(c.elems))
		case *object:
			return containerBytes + c.bytes
		}
	}
	return 0
}

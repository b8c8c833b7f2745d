package jsonata

import "strconv"

// failDepth refuses one evaluation level too many. The words are those of the reference's test harness and of
// the AWS service.
func (ev *evaluator) failDepth() *Error {
	if ev.dialect == AWS {
		return &Error{Message: "Stack overflow error: Check for non-terminating recursive function. " +
			"Consider rewriting as tail-recursive. Depth=" + strconv.Itoa(ev.depth) + " max=" + strconv.Itoa(ev.maxDepth)}
	}
	return &Error{Code: "U1001", Message: "Stack overflow error: Check for non-terminating recursive function.  " +
		"Consider rewriting as tail-recursive."}
}

func (d Dialect) failTimeout() *Error {
	return d.failLimit("Expression evaluation timeout: Check for infinite loop")
}

func (ev *evaluator) failMemory() *Error {
	return ev.dialect.failLimit("Expression evaluation memory limit exceeded: Check for excessive memory usage")
}

// failLimit words a limit, which has a code in the reference only.
func (d Dialect) failLimit(message string) *Error {
	if d == AWS {
		return &Error{Message: message}
	}
	return &Error{Code: "U1001", Message: message}
}

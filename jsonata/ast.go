package jsonata

// kind says what a node of the syntax tree stands for.
type kind uint8

const (
	kindEnd kind = iota // the end of the source; valid nowhere, reported by the processing pass
	kindName
	kindVariable
	kindString
	kindNumber
	kindValue // true, false, null
	kindRegex
	kindKeyword // and, or, in where an operand is due; "?" as a hole of a partial application
	kindWildcard
	kindDescendant
	kindParent
	kindBinary
	kindNegate
	kindArray
	kindObject
	kindFunction
	kindPartial
	kindLambda
	kindThunk // a call in tail position, put off until its caller has returned
	kindCondition
	kindTransform
	kindBlock

	// Kinds that only the processing pass makes.
	kindPath
	kindBind
	kindApply
	kindSort
)

// kindNames are the reference's names of the node types, which appear in some messages.
var kindNames = [...]string{
	kindEnd: "(end)", kindName: "name", kindVariable: "variable", kindString: "string", kindNumber: "number",
	kindValue: "value", kindRegex: "regex", kindKeyword: "operator", kindWildcard: "wildcard",
	kindDescendant: "descendant", kindParent: "parent", kindBinary: "binary", kindNegate: "unary",
	kindArray: "unary", kindObject: "unary", kindFunction: "function", kindPartial: "partial",
	kindLambda: "lambda", kindThunk: "lambda", kindCondition: "condition", kindTransform: "transform",
	kindBlock: "block", kindPath: "path", kindBind: "bind", kindApply: "apply", kindSort: "sort",
}

// operator is the operator of a binary node.
type operator uint8

const (
	opNone operator = iota
	opAdd
	opSub
	opMul
	opDiv
	opMod
	opEqual
	opNotEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opConcat
	opRange
	opIn
	opAnd
	opOr

	// Operators that the processing pass turns into nodes of their own kind.
	opStep
	opFilter
	opGroup
	opOrderBy
	opBind
	opFocus
	opIndex
	opApply
)

var operators = map[string]operator{
	"+": opAdd, "-": opSub, "*": opMul, "/": opDiv, "%": opMod, "=": opEqual, "!=": opNotEqual,
	"<": opLess, "<=": opLessEqual, ">": opGreater, ">=": opGreaterEqual, "&": opConcat, "..": opRange,
	"in": opIn, "and": opAnd, "or": opOr, ".": opStep, "~>": opApply,
}

// node is one node of the syntax tree. The parser makes it, the processing pass rewrites and annotates it,
// and then it never changes: an Expr is shared by goroutines.
//
// One type serves all kinds because the second pass turns one kind into another in place, as the
// language's definition does; the fields below say which kinds use them.
type node struct {
	kind kind
	op   operator // kindBinary
	pos  int      // byte offset in the source, just after the token that names the node

	text string // the token: name, variable, string, operator
	lit  val    // kindString, kindNumber, kindValue: the literal

	lhs, rhs, alt *node      // operands; condition, then, else; pattern, update, delete; procedure or body in lhs
	list          []*node    // steps, elements, statements, arguments, parameters
	pairs         [][2]*node // kindObject: names and values
	terms         []sortTerm // kindSort
	regex         *regex
	sig           *signature

	// Annotations of the processing pass.
	predicates []stage // filters after a node that is not a step
	stages     []stage // filters and index bindings after a step
	group      *grouping
	focus      string    // variable bound by @
	index      string    // variable bound by #
	ancestor   *slot     // where a % further right finds this step's input
	slot       *slot     // kindParent
	builtin    *function // kindVariable: the built-in function of that name
	seeking    []*slot

	keepArray     bool // [] was written after the node
	keepSingleton bool // kindPath: one of its steps has keepArray
	consArray     bool // an array constructor whose result is one item, not spliced
	tuple         bool // the step carries bindings beside its value
	scope         bool // kindBlock: binds variables of its own
	captures      bool // kindLambda, and kindBlock with a scope: functions made in its body close over its scope
	plain         bool // kindPath: names only, with nothing after any step
	literal       bool // a literal with nothing after it

	fields []field // kindObject: the members, where the keys are known
	member string  // the name, where the node is a name or a path of one name, with nothing after it
}

// stage is one filter or one index binding after a step.
type stage struct {
	filter *node  // nil for an index binding
	index  string // the variable
	pos    int
}

// grouping is the {…} after an expression.
type grouping struct {
	pairs [][2]*node
	pos   int
}

// sortTerm is one key of an order-by clause.
type sortTerm struct {
	expr       *node
	descending bool
}

// slot connects a % with the step whose input it stands for. level counts the steps still to go back; when
// it reaches zero the step found takes the slot as its ancestor and binds its input under label.
type slot struct {
	label string
	level int
}

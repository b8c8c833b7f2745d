// Package asl is the States Language: Parse turns the text of a definition into a Machine, or into a list of
// everything that is wrong with it.
//
// A Machine is compiled once, never changes and is shared by every execution that runs it. Whatever can be
// known without running it is known by then: names are resolved, paths and expressions parsed, constants
// separated from what has to be computed.
package asl

import (
	"iter"

	"github.com/statelark/statelark/jsonata"
	"github.com/statelark/statelark/jsonpath"
	"github.com/statelark/statelark/value"
)

// Language is one of the two query languages.
type Language string

// The query languages.
const (
	JSONPath Language = "JSONPath"
	JSONata  Language = "JSONata"
)

// Machine is a compiled definition.
type Machine struct {
	Block
	Version  string
	Language Language
	// TimeoutSeconds bounds an execution, 0: no bound.
	TimeoutSeconds int64
}

// Block is a StartAt and the states it leads to: the whole machine, a branch of a Parallel state, the
// processor of a Map state.
type Block struct {
	Comment string
	StartAt string
	States  []*State // in the order written
	byName  map[string]*State
}

// State returns the state of that name, nil when the block has none.
func (b *Block) State(name string) *State { return b.byName[name] }

// Around returns the state of the block that the named one stands within, nil when there is none.
func (b *Block) Around(name string) *State {
	for _, s := range b.States {
		for _, inner := range s.blocks() {
			for within := range inner.All() {
				if within.Name == name {
					return s
				}
			}
		}
	}
	return nil
}

// All goes through the states of the block and of the blocks within, each before those within it.
func (b *Block) All() iter.Seq[*State] {
	return func(yield func(*State) bool) { b.all(yield) }
}

func (b *Block) all(yield func(*State) bool) bool {
	for _, s := range b.States {
		if !yield(s) {
			return false
		}
		for _, inner := range s.blocks() {
			if !inner.all(yield) {
				return false
			}
		}
	}
	return true
}

// StateAt returns the state of that Pointer, in whatever block, nil when there is none.
func (b *Block) StateAt(pointer string) *State {
	for s := range b.All() {
		if s.Pointer == pointer {
			return s
		}
	}
	return nil
}

// Type is the type of a state.
type Type uint8

// The types of state.
const (
	Task Type = iota + 1
	Parallel
	Map
	Pass
	Wait
	Choice
	Succeed
	Fail
)

var typeNames = [...]string{"", "Task", "Parallel", "Map", "Pass", "Wait", "Choice", "Succeed", "Fail"}

// String returns the type as the language spells it.
func (t Type) String() string { return typeNames[t] }

// State is one state. Exactly one of the pointers to what a type adds is set; Succeed adds nothing.
type State struct {
	Name     string
	Type     Type
	Language Language
	Comment  string
	// Pointer is the place of the state in the definition, such as /States/A or
	// /States/P/Branches[0]/States/B; names are not escaped, as AWS prints them.
	Pointer string

	Next string // "" when the state ends its block, and for Choice
	End  bool

	InputPath      PathField // JSONPath
	OutputPath     PathField // JSONPath
	ResultPath     PathField // JSONPath
	Parameters     *Template // JSONPath: Parameters of Task, Parallel and Pass; of a Map they are its ItemSelector
	ResultSelector *Template // JSONPath
	Arguments      *Template // JSONata
	Output         *Template // JSONata
	Assign         *Template // both; Members is set even when all of them are constants

	Retry []Retrier
	Catch []Catcher

	Task     *TaskFields
	Parallel *ParallelFields
	Map      *MapFields
	Pass     *PassFields
	Wait     *WaitFields
	Choice   *ChoiceFields
	Fail     *FailFields
}

// PathField is InputPath, OutputPath, ResultPath or ItemsPath. The zero PathField stands for "$", the default.
type PathField struct {
	Null bool           // null was written
	Path *jsonpath.Path // nil: "$"
}

// Whole reports whether the field selects everything, untouched.
func (p PathField) Whole() bool { return !p.Null && (p.Path == nil || p.Path.IsRoot()) }

// Expr is something that is computed when a state runs. One of Path and Query is set, by the language of its state.
type Expr struct {
	Source string         // as written; of JSONata without the delimiters, trimmed
	Path   *jsonpath.Expr // a path or a call of an intrinsic function
	Query  *jsonata.Expr  // a JSONata expression
}

// Field is a field that holds a constant or an expression, such as TimeoutSeconds, TimeoutSecondsPath,
// Seconds, MaxConcurrency or Cause. The zero Field is absent.
type Field struct {
	Name  string      // as written: "TimeoutSeconds" or "TimeoutSecondsPath"
	Const value.Value // set when Expr is nil
	Expr  *Expr
}

// Exists reports whether the field was written.
func (f Field) Exists() bool { return f.Name != "" }

// Template is a JSON value with expressions in it: Parameters, ItemSelector, ResultSelector, Arguments,
// Output, Assign. Exactly one of the four forms is set.
type Template struct {
	Const   value.Value // no expression inside
	Expr    *Expr
	Members []TemplateMember // an object; not nil, even when empty
	Elems   []*Template      // an array; not nil, even when empty
}

// TemplateMember is one member of an object template. Key is the name it gets, without the suffix ".$";
// Source is the name as written.
type TemplateMember struct {
	Key, Source string
	Value       *Template
}

// TaskFields is what a Task state adds.
type TaskFields struct {
	Resource    Resource
	Timeout     Field // TimeoutSeconds or TimeoutSecondsPath
	Heartbeat   Field // HeartbeatSeconds or HeartbeatSecondsPath
	Credentials *Template
}

// ParallelFields is what a Parallel state adds.
type ParallelFields struct {
	Branches []*Block
}

// MapFields is what a Map state adds.
type MapFields struct {
	Processor     *Block
	Distributed   bool
	ExecutionType string // STANDARD or EXPRESS, of the children of a distributed Map
	Label         string

	ItemsPath    PathField // JSONPath
	Items        *Template // JSONata
	ItemSelector *Template // or the old Parameters

	MaxConcurrency             Field
	ToleratedFailureCount      Field
	ToleratedFailurePercentage Field

	// Of a distributed Map, nil when absent. In ItemReader and ItemBatcher a limit such as MaxItemsPath is a
	// member whose Key is MaxItems and whose Source is MaxItemsPath, so that the value has MaxItems.
	ItemReader   *Template
	ItemBatcher  *Template
	ResultWriter *Template
}

// PassFields is what a Pass state adds.
type PassFields struct {
	Result value.Value // absent when not written
}

// WaitFields is what a Wait state adds; exactly one field exists.
type WaitFields struct {
	Seconds   Field // Seconds or SecondsPath
	Timestamp Field // Timestamp or TimestampPath
}

// FailFields is what a Fail state adds.
type FailFields struct {
	Error Field // Error or ErrorPath
	Cause Field // Cause or CausePath
}

// ChoiceFields is what a Choice state adds.
type ChoiceFields struct {
	Rules   []Rule
	Default string // "" when absent
}

// Rule is one of the Choices of a Choice state.
type Rule struct {
	Test      *Test     // JSONPath
	Condition Field     // JSONata
	Next      string    //
	Assign    *Template // both languages
	Output    *Template // JSONata
}

// Test is a comparison, or And, Or and Not over other tests.
type Test struct {
	Op       Operator
	Variable *jsonpath.Path
	Operand  value.Value    // the constant to compare with
	Path     *jsonpath.Path // of the …Path operators: where to find what to compare with
	Tests    []*Test        // of And, Or and (one) Not
}

// Operator is a comparison of the Choice state. The …Path operators are the plain ones with Test.Path set.
type Operator uint8

// The operators.
const (
	And Operator = iota + 1
	Or
	Not
	BooleanEquals
	IsBoolean
	IsNull
	IsNumeric
	IsPresent
	IsString
	IsTimestamp
	NumericEquals
	NumericGreaterThan
	NumericGreaterThanEquals
	NumericLessThan
	NumericLessThanEquals
	StringEquals
	StringGreaterThan
	StringGreaterThanEquals
	StringLessThan
	StringLessThanEquals
	StringMatches
	TimestampEquals
	TimestampGreaterThan
	TimestampGreaterThanEquals
	TimestampLessThan
	TimestampLessThanEquals
)

// Retrier is one entry of Retry, defaults filled in.
type Retrier struct {
	ErrorEquals     []string
	IntervalSeconds int64
	MaxAttempts     int64
	BackoffRate     float64
	MaxDelaySeconds int64 // 0: no bound
	FullJitter      bool
}

// Catcher is one entry of Catch.
type Catcher struct {
	ErrorEquals []string
	Next        string
	ResultPath  PathField // JSONPath
	Assign      *Template
	Output      *Template // JSONata
}

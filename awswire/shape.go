package awswire

import "regexp"

// Kind is what a member holds.
type Kind uint8

// The kinds of shape that requests are made of.
const (
	String Kind = iota + 1
	Integer
	Boolean
	List
	Structure
	Map
	Blob  // bytes, in Base64
	Float // any number
)

// Shape says what a member may hold. Shapes are built once, at start, and shared.
type Shape struct {
	Kind Kind
	// Name of a structure, as AWS prints it when it quotes a value.
	Name string
	// Min and Max bound the length of a string or a list, or the value of a number. A Max of 0 is none.
	Min, Max int64
	// MaxBytes bounds the length of a string in UTF-8, 0: it does not.
	MaxBytes int64
	// Enum lists the words a string may be, in the order in which AWS prints them; nil: any.
	Enum []string
	// Pattern is what a string has to match, nil: nothing.
	Pattern *Pattern
	// Limit is the setting that Max or MaxBytes comes from; "": it is no setting.
	Limit string
	// Sensitive values are not quoted in errors.
	Sensitive bool
	// Any says that there may be anything at all, whatever Kind says.
	Any     bool
	Elem    *Shape   // of a list or a map
	Keys    *Shape   // of a map; nil: any
	Members []Member // of a structure
}

// Member is a named part of a structure.
type Member struct {
	Name     string
	Required bool
	Shape    *Shape
	// Where of a request the member is, and under which name there; of an operation's input in REST-JSON alone.
	Where Where
	Wire  string
}

// Where is a part of a request.
type Where uint8

// The parts of a request that hold members.
const (
	InBody Where = iota
	InPath
	InQuery
	InHeader
)

// Pattern is a regular expression as AWS prints it, and what it comes to. (Some of AWS's patterns look ahead,
// which package regexp cannot.)
type Pattern struct {
	Text  string
	Match func(string) bool
}

// Length returns the shape of a string of min to max characters.
func Length(min, max int64) *Shape { return &Shape{Kind: String, Min: min, Max: max} }

// Secret returns the shape of a string of min to max characters that errors do not quote.
func Secret(min, max int64) *Shape { return &Shape{Kind: String, Min: min, Max: max, Sensitive: true} }

// Payload returns the shape of a string of max UTF-8 bytes at most that errors do not quote.
func Payload(max int64) *Shape { return &Shape{Kind: String, MaxBytes: max, Sensitive: true} }

// Under returns the shape with the setting that its bound comes from.
func (s *Shape) Under(limit string) *Shape {
	s.Limit = limit
	return s
}

// Words returns the shape of a string that is one of words.
func Words(words ...string) *Shape { return &Shape{Kind: String, Enum: words} }

// Range returns the shape of a number from min to max.
func Range(min, max int64) *Shape { return &Shape{Kind: Integer, Min: min, Max: max} }

// FloatRange returns the shape of a number from min to max that need not be whole.
func FloatRange(min, max int64) *Shape { return &Shape{Kind: Float, Min: min, Max: max} }

// Matching returns the shape of a string of max characters at most (0: any number) that matches a regular expression as a
// whole. text is how AWS prints it.
func Matching(max int64, text string) *Shape {
	re := regexp.MustCompile(`^(?:` + text + `)$`)
	return &Shape{Kind: String, Max: max, Pattern: &Pattern{Text: text, Match: re.MatchString}}
}

// MapOf returns the shape of a map of strings.
func MapOf(keys, elem *Shape) *Shape { return &Shape{Kind: Map, Keys: keys, Elem: elem} }

// Bytes returns the shape of bytes, which errors do not quote.
func Bytes() *Shape { return &Shape{Kind: Blob, Sensitive: true} }

// Flag returns the shape of a boolean.
func Flag() *Shape { return &Shape{Kind: Boolean} }

// ListOf returns the shape of a list.
func ListOf(elem *Shape) *Shape { return &Shape{Kind: List, Elem: elem} }

// Struct returns the shape of a structure.
func Struct(name string, members ...Member) *Shape {
	return &Shape{Kind: Structure, Name: name, Members: members}
}

// Req returns a member that has to be there.
func Req(name string, s *Shape) Member { return Member{Name: name, Required: true, Shape: s} }

// Label returns a member that is a part of the path.
func Label(name, wire string, s *Shape) Member {
	return Member{Name: name, Required: true, Shape: s, Where: InPath, Wire: wire}
}

// Query returns a member that is a parameter of the query and may be missing.
func Query(name, wire string, s *Shape) Member {
	return Member{Name: name, Shape: s, Where: InQuery, Wire: wire}
}

// Head returns a member that is a header field and may be missing.
func Head(name, wire string, s *Shape) Member {
	return Member{Name: name, Shape: s, Where: InHeader, Wire: wire}
}

// Opt returns a member that may be missing.
func Opt(name string, s *Shape) Member { return Member{Name: name, Shape: s} }

// Package model knows the services of AWS: their operations, and the shapes of what goes in and comes out. It is a table,
// made from botocore's models by a script, in which each service is read when it is first asked for.
package model

// Service is the model of one service. It is shared, and nobody changes it.
type Service struct {
	Name           string   // as botocore has it: "dynamodb", "stepfunctions", "events", "logs"
	ID             string   // "DynamoDB", "SFN", "EventBridge", "CloudWatch Logs"
	EndpointPrefix string   // of the host name
	SigningName    string   // in the scope of a signature
	TargetPrefix   string   // before the operation in X-Amz-Target
	JSONVersion    string   // "1.0", "1.1"
	Version        string   // of the API, in the query protocol
	Namespace      string   // of XML
	Signature      string   // the version of signatures: "v4", "s3", "v2", "bearer"
	Protocol       Protocol // that a client speaks
	Protocols      []Protocol
	// Constrained: its shapes have their constraints.
	Constrained bool
	// QueryErrors: errors have the codes of the query protocol beside them (x-amzn-query-error), as those of SQS.
	QueryErrors bool
	Operations  map[string]*Operation
}

// Protocol is how requests and answers are put into HTTP.
type Protocol uint8

// The protocols.
const (
	JSON Protocol = iota + 1 // 1.0 and 1.1
	RESTJSON
	RESTXML
	Query
	EC2
	CBOR // rpcv2Cbor
)

// Operation is one operation of a service.
type Operation struct {
	Name       string
	Method     string
	Path       string // with {Label} and {Label+}, and a query after ?
	Status     int
	Input      *Shape // nil: none
	Output     *Shape // nil: none
	Errors     []*Shape
	HostPrefix string // with {Label}
	// Checksum: a body needs a checksum in the header. Unsigned: requests carry no signature. UnsignedBody: the signature
	// does not cover the body.
	Checksum, Unsigned, UnsignedBody bool
	// ChecksumMember is the member of the input that names the algorithm of the checksum, "": MD5 or CRC32 it is.
	ChecksumMember string
	// ResultWrapper is the element around the result in the query protocol.
	ResultWrapper string
	Deprecated    bool
}

// Kind is what a shape holds.
type Kind uint8

// The kinds of shape.
const (
	String Kind = iota + 1
	Integer
	Long
	Float
	Double
	Boolean
	Timestamp
	Blob
	List
	Map
	Structure
)

// Shape says what a value is. Shapes may contain themselves.
type Shape struct {
	Name    string // of a structure that is an error, or of a service with constraints; "": not kept
	Kind    Kind
	Members []Member // of a structure
	Key     *Shape   // of a map
	Elem    *Shape   // of a list or a map
	Payload string   // the member that is the body
	// KeyName and ElemName are the names of elements in XML, "" for the usual ones.
	KeyName, ElemName string
	Flattened         bool
	Streaming         bool // a blob that is not held in memory
	EventStream       bool
	Document          bool // any JSON
	Union             bool
	TimeFormat        string // "iso8601", "rfc822", "unixTimestamp"; "": that of the protocol
	XMLName           string
	Namespace, Prefix string // of XML

	// Of an error:
	Error       bool
	ErrorCode   string // "": Name
	ErrorStatus int    // 0: 400
	Fault       bool   // the server's fault

	// Constraints, of the services that are built in alone. A Max of 0 is none.
	Min, Max int64
	// Bounded says whether Min and Max are given at all.
	Bounded   Bounds
	Enum      []string
	Pattern   string
	Sensitive bool // not to be shown
	Sparse    bool // a list or map that may have nulls
}

// Bounds tells which bounds a shape has.
type Bounds uint8

// The bits of Bounds.
const (
	HasMin Bounds = 1 << iota
	HasMax
)

// Member is a named part of a structure.
type Member struct {
	Name      string
	Shape     *Shape
	Required  bool
	Location  Location
	Wire      string // its name there; "": Name
	Flattened bool
	Attribute bool // of an XML element
	Token     bool // makes the request idempotent; a client fills it in
	HostLabel bool
	JSONValue bool // text of JSON, in Base64, in a header
	Streaming bool

	// QueryName is its name in the protocol of EC2; in the query protocol, if the service speaks another as well.
	QueryName         string
	Namespace, Prefix string // of XML
}

// Location is the part of a request or an answer that has a member.
type Location uint8

// The locations.
const (
	Body Location = iota
	Path
	QueryString
	QueryStrings // a map: all parameters that no other member has
	Header
	Headers // a map: all fields that begin with Wire
	Status
)

// WireName is the name of the member outside of documents.
func (m *Member) WireName() string {
	if m.Wire != "" {
		return m.Wire
	}
	return m.Name
}

// Member returns the member of that name, nil when the structure has none.
func (s *Shape) Member(name string) *Member {
	for i := range s.Members {
		if s.Members[i].Name == name {
			return &s.Members[i]
		}
	}
	return nil
}

package asl

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/value"
)

const (
	maxLabel    = 40 // characters
	inline      = "INLINE"
	distributed = "DISTRIBUTED"
)

func (s *stateCompiler) mapState() {
	m := &MapFields{ExecutionType: standard}
	s.state.Map = m
	s.exactlyOne(s.node, "ItemProcessor", "Iterator")
	for _, name := range []string{"ItemProcessor", "Iterator"} {
		if n := s.node.get(name); n != nil {
			s.processor(n)
		}
	}
	s.label(s.field("Label"))
	m.ItemsPath = s.itemsPath(s.field("ItemsPath"))
	m.Items = s.items(s.field("Items"))
	s.atMostOne(s.node, "ItemSelector", "Parameters")
	m.ItemSelector = s.templateField("ItemSelector")
	if m.ItemSelector == nil {
		m.ItemSelector = s.templateField("Parameters")
	}
	m.MaxConcurrency = s.numberField("MaxConcurrency", s.integerConst(0, noMaximum))
	m.ToleratedFailureCount = s.numberField("ToleratedFailureCount", s.integerConst(0, noMaximum))
	m.ToleratedFailurePercentage = s.numberField("ToleratedFailurePercentage", func(n *node) { s.float(n, 0, 100) })
	m.ItemReader = s.itemReader(s.field("ItemReader"))
	m.ItemBatcher = s.itemBatcher(s.field("ItemBatcher"))
	m.ResultWriter = s.resultWriter(s.field("ResultWriter"))
}

func (s *stateCompiler) processor(n *node) {
	m := s.state.Map
	m.Processor = &Block{}
	if !s.ofKind(n, value.Object) {
		return
	}
	s.onlyFields(n, processorFields)
	if config := n.get("ProcessorConfig"); config != nil && s.ofKind(config, value.Object) {
		s.processorConfig(config)
	}
	outer := s.express
	s.express = outer || m.Distributed && m.ExecutionType == express
	enclosing := s.graph
	if m.Distributed {
		enclosing = &graph{depth: s.graph.depth}
	}
	s.block(n, m.Processor, enclosing, s)
	s.express = outer
}

func (s *stateCompiler) processorConfig(n *node) {
	m := s.state.Map
	s.onlyFields(n, []string{"ExecutionType", "Mode"})
	if mode := n.get("Mode"); mode != nil {
		text, _ := s.oneOf(mode, inline, distributed)
		m.Distributed = text == distributed
		if m.Distributed && s.express {
			s.invalid(mode, "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines")
		}
	}
	execution := n.get("ExecutionType")
	switch {
	case m.Distributed && s.require(n, "ExecutionType"):
		m.ExecutionType, _ = s.oneOf(execution, standard, express)
	case !m.Distributed && execution != nil:
		s.unsupported(n, execution)
	}
}

func (s *stateCompiler) label(n *node) {
	if n == nil {
		return
	}
	text, ok := s.nonEmptyString(n)
	if !ok {
		return
	}
	s.state.Map.Label = text
	switch {
	case utf8.RuneCountInString(text) > maxLabel:
		s.fail(n, CodeInvalidLabelName, "Invalid Label name: %s exceeds the %d-character limit allowed by the service", text, maxLabel)
	case strings.ContainsAny(text, "?*<>{}[]:;,\\|^~$#%&`\"") || strings.ContainsFunc(text, isSpaceOrControl):
		s.fail(n, CodeInvalidLabelName, "Invalid Label name: %s contains a character that is not allowed", text)
	case s.labels[text]:
		s.fail(n, CodeDuplicateLabelName, "Duplicate Label name: %s", text)
	}
	s.labels[text] = true
}

func isSpaceOrControl(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// items compiles Items: an array, in distributed mode also an object, or an expression that gives one.
func (s *stateCompiler) items(n *node) *Template {
	if n == nil {
		return nil
	}
	object := n.kind == value.Object && s.state.Map.Distributed
	if n.kind != value.Array && !object && !marked(n.str()) {
		s.wrongType(n, "Array")
	}
	return s.template(n)
}

func (s *stateCompiler) itemReader(n *node) *Template {
	if n == nil || !s.ofKind(n, value.Object) {
		return nil
	}
	s.onlyFields(n, []string{"Arguments", "Parameters", "ReaderConfig", "Resource"})
	s.argumentsOf(n)
	if s.require(n, "Resource") {
		s.storage(n.get("Resource"), "s3:getObject", "s3:listObjectsV2")
	}
	if config := n.get("ReaderConfig"); config != nil && s.ofKind(config, value.Object) {
		s.readerConfig(config)
	}
	return s.template(n)
}

// argumentsOf checks the language of the Parameters or Arguments of a reader or writer.
func (s *stateCompiler) argumentsOf(n *node) {
	if p := n.get("Parameters"); p != nil {
		s.checkLanguage(n, p, JSONPath)
	}
	if a := n.get("Arguments"); a != nil {
		s.checkLanguage(n, a, JSONata)
	}
}

// argumentsName is what holds the arguments of a reader or a writer.
func (s *stateCompiler) argumentsName() string {
	if s.state.Language == JSONata {
		return "Arguments"
	}
	return "Parameters"
}

// storage checks that a Resource is one of the calls of Amazon S3.
func (s *stateCompiler) storage(n *node, calls ...string) {
	text, ok := s.stringOf(n)
	if !ok {
		return
	}
	a, ok := arn.Parse(text)
	if !ok || a.Service != "states" || a.Region != "" || a.Account != "" || !slices.Contains(calls, a.Resource) {
		s.invalid(n, "The field 'Resource' does not match any of the allowed values")
	}
}

var readerFields = []string{"CSVDelimiter", "CSVHeaderLocation", "CSVHeaders", "InputType", "ItemsPointer",
	"ManifestType", "MaxItems", "MaxItemsPath", "Transformation"}

func (s *stateCompiler) readerConfig(n *node) {
	s.onlyFields(n, readerFields)
	inputType := s.memberOneOf(n, "InputType", "CSV", "JSON", "JSONL", "PARQUET", "MANIFEST")
	s.memberOneOf(n, "Transformation", "NONE", "LOAD_AND_FLATTEN")
	manifest := s.memberOneOf(n, "ManifestType", "ATHENA_DATA", "S3_INVENTORY")
	s.memberOneOf(n, "CSVDelimiter", "COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")
	headers := s.memberOneOf(n, "CSVHeaderLocation", "FIRST_ROW", "GIVEN")
	if inputType == "CSV" && manifest == "" && !n.has("CSVHeaderLocation") {
		s.invalid(n, "The field 'CSVHeaderLocation' is required but was missing")
	}
	if location := n.get("CSVHeaderLocation"); location != nil && inputType != "CSV" && inputType != "" {
		s.unsupported(n, location)
	}
	if headers == "GIVEN" {
		s.require(n, "CSVHeaders")
	}
	if list := n.get("CSVHeaders"); list != nil && s.nonEmpty(list) {
		for _, h := range list.children {
			s.stringOf(h)
		}
	}
	s.numberIn(n, "MaxItems", s.limits.MapRunItems.Or(noMaximum))
}

func (s *stateCompiler) itemBatcher(n *node) *Template {
	if n == nil || !s.ofKind(n, value.Object) {
		return nil
	}
	s.onlyFields(n, []string{"BatchInput", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", "MaxItemsPerBatch", "MaxItemsPerBatchPath"})
	s.numberIn(n, "MaxItemsPerBatch", noMaximum)
	s.numberIn(n, "MaxInputBytesPerBatch", int64(s.limits.PayloadBytes))
	return s.template(n)
}

func (s *stateCompiler) resultWriter(n *node) *Template {
	if n == nil || !s.ofKind(n, value.Object) {
		return nil
	}
	s.onlyFields(n, []string{"Arguments", "Parameters", "Resource", "WriterConfig"})
	switch wanted := s.argumentsName(); {
	case n.has("Resource") && !n.has(wanted): // whether or not there is the other one: aws-cdk, issue 33396
		s.require(n, wanted)
	case !n.has("Resource") && n.has(wanted):
		s.require(n, "Resource")
	default:
		s.argumentsOf(n)
	}
	if resource := n.get("Resource"); resource != nil {
		s.storage(resource, "s3:putObject")
	}
	if config := n.get("WriterConfig"); config != nil && s.ofKind(config, value.Object) {
		s.onlyFields(config, []string{"OutputType", "Transformation"})
		s.memberOneOf(config, "Transformation", "NONE", "COMPACT", "FLATTEN")
		s.memberOneOf(config, "OutputType", "JSON", "JSONL")
	}
	return s.template(n)
}

// holdsQuery reports whether n is to be computed by a JSONata expression.
func (s *stateCompiler) holdsQuery(n *node) bool {
	return s.state.Language == JSONata && isQuery(n.str())
}

// memberOneOf reads a member that holds one of allowed; "" when it is absent or computed.
func (s *stateCompiler) memberOneOf(n *node, name string, allowed ...string) string {
	m := n.get(name)
	if m == nil || s.holdsQuery(m) {
		return ""
	}
	text, _ := s.oneOf(m, allowed...)
	return text
}

// numberIn checks a whole number in the configuration of a reader or a batcher, or its …Path form.
func (s *stateCompiler) numberIn(n *node, name string, most int64) {
	s.atMostOne(n, name, name+"Path")
	if m := n.get(name); m != nil && !s.holdsQuery(m) {
		s.integer(m, 0, most)
	}
	if m := n.get(name + "Path"); m != nil {
		s.checkLanguage(n, m, JSONPath)
	}
}

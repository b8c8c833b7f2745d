package deploy

import (
	"maps"
	"slices"
	"strings"

	"github.com/statelark/statelark/value"
)

// What SAM's transform makes of its simple types is made here: functions, state machines and tables, with what Globals says. Each
// becomes resources of other types. What is not simple (APIs, layers, events of other kinds) is refused.

// serverlessRow says what a type of SAM becomes.
type serverlessRow struct {
	kind  string
	named map[string]string // properties by their names there; "": nothing is done with it here
	more  func(x *expansion)
}

var serverlessRows map[string]*serverlessRow

func init() { // expansions refer to themselves
	serverlessRows = map[string]*serverlessRow{
		"AWS::Serverless::Function": {
			kind: "AWS::Lambda::Function",
			named: map[string]string{
				"FunctionName": "FunctionName", "Handler": "Handler", "Runtime": "Runtime", "Description": "Description", "MemorySize": "MemorySize",
				"Timeout": "Timeout", "Environment": "Environment", "PackageType": "PackageType", "Role": "Role", "Layers": "Layers",
				"Architectures": "", "Tracing": "", "VpcConfig": "", "EphemeralStorage": "", "ReservedConcurrentExecutions": "", "LoggingConfig": "",
				"Policies": "", "PermissionsBoundary": "", "AssumeRolePolicyDocument": "", "RolePath": "",
			},
			more: (*expansion).function,
		},
		"AWS::Serverless::StateMachine": {
			kind: "AWS::StepFunctions::StateMachine",
			named: map[string]string{
				"Name": "StateMachineName", "Type": "StateMachineType", "Role": "RoleArn", "Logging": "LoggingConfiguration", "Tracing": "TracingConfiguration",
				"Definition": "Definition", "DefinitionSubstitutions": "DefinitionSubstitutions",
				"Policies": "", "PermissionsBoundary": "", "RolePath": "",
			},
			more: (*expansion).machine,
		},
		"AWS::Serverless::SimpleTable": {
			kind:  "AWS::DynamoDB::Table",
			named: map[string]string{"TableName": "TableName", "ProvisionedThroughput": "ProvisionedThroughput", "SSESpecification": "SSESpecification"},
			more:  (*expansion).table,
		},
	}
}

// expansion is a resource of SAM on its way.
type expansion struct {
	t     *Template
	r     *resource
	given map[string]value.Value // what is not taken yet
	made  []value.Member         // properties
	extra []*resource
	wrong *Problems
}

// expandServerless replaces the resources of SAM.
func (t *Template) expandServerless(globals value.Value, wrong *Problems) {
	resources := t.resources
	t.resources = nil
	for _, r := range resources {
		t.resources = append(t.resources, r)
		row := serverlessRows[r.kind]
		if r.kind == "AWS::Serverless::Connector" {
			r.kind = "AWS::IAM::Policy" // permissions alone
		}
		if row == nil {
			continue
		}
		section, _ := globals.Get(strings.TrimPrefix(r.kind, "AWS::Serverless::"))
		x := &expansion{t: t, r: r, given: map[string]value.Value{}, wrong: wrong}
		for _, m := range merged(section, r.properties).Members() {
			x.given[m.Key] = m.Value
		}
		x.expand(row)
		t.resources = append(t.resources, x.extra...)
		for _, e := range x.extra {
			t.byID[e.id] = e
		}
	}
}

// merged is a property of Globals with that of a resource over it: objects are put together, lists one after the other.
func merged(global, own value.Value) value.Value {
	switch {
	case !global.Exists():
		return own
	case !own.Exists():
		return global
	case global.Kind() == value.Array && own.Kind() == value.Array:
		return value.NewArray(append(slices.Clone(global.Elems()), own.Elems()...))
	case global.Kind() != value.Object || own.Kind() != value.Object:
		return own
	}
	all := global
	for _, m := range own.Members() {
		before, _ := global.Get(m.Key)
		all = all.With(m.Key, merged(before, m.Value))
	}
	return all
}

func (x *expansion) expand(row *serverlessRow) {
	for _, name := range slices.Sorted(maps.Keys(row.named)) {
		v, ok := x.take(name)
		switch {
		case ok && row.named[name] != "":
			x.set(row.named[name], v)
		case ok:
			x.t.notes = append(x.t.notes, x.r.id+" ("+x.r.kind+"): "+name+" does nothing here")
		}
	}
	row.more(x)
	if tags, ok := x.take("Tags"); ok {
		x.set("Tags", tagList(tags))
	}
	for _, name := range slices.Sorted(maps.Keys(x.given)) {
		x.wrong.add("%s (%s): the property %s is not known here; the transform of SAM may know it", x.r.id, x.r.kind, name)
	}
	x.r.kind, x.r.properties = row.kind, value.NewObject(x.made)
}

// take returns a property that nobody has taken.
func (x *expansion) take(name string) (value.Value, bool) {
	v, ok := x.given[name]
	delete(x.given, name)
	return v, ok
}

func (x *expansion) set(name string, v value.Value) {
	x.made = append(x.made, value.Member{Key: name, Value: v})
}

// add adds a resource beside.
func (x *expansion) add(suffix, kind string, properties ...value.Member) *resource {
	r := &resource{id: x.r.id + suffix, kind: kind, properties: value.NewObject(properties), condition: x.r.condition}
	x.extra = append(x.extra, r)
	return r
}

// role gives the resource a role, as the transform does, when it names none.
func (x *expansion) role(property string) {
	if !slices.ContainsFunc(x.made, func(m value.Member) bool { return m.Key == property }) {
		x.set(property, attributeOf(x.add("Role", "AWS::IAM::Role").id, "Arn"))
	}
}

func attributeOf(id, name string) value.Value {
	return value.NewObject([]value.Member{{Key: "Fn::GetAtt", Value: value.NewArray([]value.Value{value.FromString(id), value.FromString(name)})}})
}

func refTo(id string) value.Value { return value.NewObject([]value.Member{member("Ref", id)}) }

// tagList is a map of tags as a list.
func tagList(tags value.Value) value.Value {
	var list []value.Value
	for _, m := range tags.Members() {
		list = append(list, value.NewObject([]value.Member{member("Key", m.Key), {Key: "Value", Value: m.Value}}))
	}
	return value.NewArray(list)
}

// location is a path, or an object of S3, under the names that a property has for bucket and key.
func location(v value.Value, bucket, key string) value.Value {
	if rest, ok := strings.CutPrefix(v.Str(), "s3://"); v.Kind() == value.String && ok {
		b, k, _ := strings.Cut(rest, "/")
		return value.NewObject([]value.Member{member(bucket, b), member(key, k)})
	}
	b, hasBucket := v.Get("Bucket")
	k, hasKey := v.Get("Key")
	if hasBucket && hasKey {
		return value.NewObject([]value.Member{{Key: bucket, Value: b}, {Key: key, Value: k}})
	}
	return v
}

func (x *expansion) function() {
	if code, ok := x.take("InlineCode"); ok {
		x.set("Code", value.NewObject([]value.Member{{Key: "ZipFile", Value: code}}))
		delete(x.given, "CodeUri") // of Globals
	} else if code, ok := x.take("CodeUri"); ok {
		x.set("Code", location(code, "S3Bucket", "S3Key"))
	}
	x.role("Role")
	x.events(value.Value{})
}

func (x *expansion) machine() {
	if uri, ok := x.take("DefinitionUri"); ok {
		x.set("DefinitionS3Location", location(uri, "Bucket", "Key"))
	}
	x.role("RoleArn")
	for _, m := range x.made {
		if m.Key == "RoleArn" {
			x.events(m.Value)
		}
	}
	if alias, ok := x.take("AutoPublishAlias"); ok {
		version := x.add("Version", "AWS::StepFunctions::StateMachineVersion",
			value.Member{Key: "StateMachineArn", Value: refTo(x.r.id)},
			value.Member{Key: "StateMachineRevisionId", Value: attributeOf(x.r.id, "StateMachineRevisionId")})
		route := value.NewObject([]value.Member{{Key: "StateMachineVersionArn", Value: refTo(version.id)}, {Key: "Weight", Value: value.FromInt(100)}})
		x.add("Alias"+notInID(alias.Str()), "AWS::StepFunctions::StateMachineAlias",
			value.Member{Key: "Name", Value: alias}, value.Member{Key: "RoutingConfiguration", Value: value.NewArray([]value.Value{route})})
		delete(x.given, "DeploymentPreference") // the alias leads to the new version at once
	}
}

// notInID drops what an id cannot have.
func notInID(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}

// keyTypes are SAM's words for the types of keys.
var keyTypes = map[string]string{"String": "S", "Number": "N", "Binary": "B"}

func (x *expansion) table() {
	name, kind := value.FromString("id"), "S"
	if key, ok := x.take("PrimaryKey"); ok {
		name, _ = key.Get("Name")
		if kind = keyTypes[textOf(key, "Type")]; kind == "" {
			x.wrong.add("%s: the type of its PrimaryKey has to be String, Number or Binary", x.r.id)
		}
	}
	x.set("AttributeDefinitions", value.NewArray([]value.Value{value.NewObject([]value.Member{{Key: "AttributeName", Value: name}, member("AttributeType", kind)})}))
	x.set("KeySchema", value.NewArray([]value.Value{value.NewObject([]value.Member{{Key: "AttributeName", Value: name}, member("KeyType", "HASH")})}))
	if !slices.ContainsFunc(x.made, func(m value.Member) bool { return m.Key == "ProvisionedThroughput" }) {
		x.set("BillingMode", value.FromString("PAY_PER_REQUEST"))
	}
}

// events makes rules of the events that rules can be made of.
func (x *expansion) events(role value.Value) {
	events, _ := x.take("Events")
	for _, e := range events.Members() {
		kind := textOf(e.Value, "Type")
		p, _ := e.Value.Get("Properties")
		if !slices.Contains([]string{"Schedule", "EventBridgeRule", "CloudWatchEvent"}, kind) {
			x.wrong.add("%s: its event %s is of the type %s, of which no rule is made here", x.r.id, e.Key, kind)
			continue
		}
		target := []value.Member{member("Id", x.r.id+e.Key), {Key: "Arn", Value: attributeOf(x.r.id, "Arn")}}
		if role.Exists() {
			target = append(target, value.Member{Key: "RoleArn", Value: role})
		}
		var rule []value.Member
		for _, m := range p.Members() {
			switch m.Key {
			case "Schedule":
				rule = append(rule, value.Member{Key: "ScheduleExpression", Value: m.Value})
			case "Pattern":
				rule = append(rule, value.Member{Key: "EventPattern", Value: m.Value})
			case "Name", "Description", "State", "EventBusName":
				rule = append(rule, m)
			case "Enabled":
				rule = append(rule, member("State", map[bool]string{true: "ENABLED", false: "DISABLED"}[plainText(m.Value) == "true"]))
			case "Input", "InputPath":
				target = append(target, m)
			default:
				x.wrong.add("%s: the property %s of its event %s is not known here", x.r.id, m.Key, e.Key)
			}
		}
		x.add(e.Key, "AWS::Events::Rule", append(rule, value.Member{Key: "Targets", Value: value.NewArray([]value.Value{value.NewObject(target)})})...)
	}
}

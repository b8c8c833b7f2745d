// Package arn takes Amazon resource names apart and puts them together.
package arn

import "strings"

// Place is an account in a region: where the resources of a server live. What is in one place has the same
// partition, for that follows from the region.
type Place struct {
	Region  string
	Account string
}

// partitions are the partitions of AWS but its first, by how the names of their regions begin.
var partitions = []struct{ region, partition string }{
	{"cn-", "aws-cn"},
	{"us-gov-", "aws-us-gov"},
	{"us-iso-", "aws-iso"},
	{"us-isob-", "aws-iso-b"},
	{"eu-isoe-", "aws-iso-e"},
	{"us-isof-", "aws-iso-f"},
	{"eusc-", "aws-eusc"},
}

// Partition is the partition of AWS that the region belongs to.
func (p Place) Partition() string {
	for _, x := range partitions {
		if strings.HasPrefix(p.Region, x.region) {
			return x.partition
		}
	}
	return "aws"
}

// IsRegion reports whether text has the form of a region's name: us-east-1, us-gov-west-1, eusc-de-east-1.
func IsRegion(text string) bool {
	words := strings.Split(text, "-")
	if len(text) > 32 || len(words) < 3 {
		return false
	}
	last := len(words) - 1
	for i, word := range words {
		first, final := byte('a'), byte('z')
		if i == last {
			first, final = '0', '9'
		}
		if word == "" || strings.IndexFunc(word, func(r rune) bool { return r < rune(first) || r > rune(final) }) >= 0 {
			return false
		}
	}
	return len(words[0]) > 1
}

// IsAccount reports whether text is the number of an account: 12 digits.
func IsAccount(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}

// ARN returns the ARN of a resource here.
func (p Place) ARN(service, resource string) string {
	return ARN{p.Partition(), service, p.Region, p.Account, resource}.String()
}

// StateMachineARN returns the ARN of a state machine here.
func (p Place) StateMachineARN(name string) string { return p.ARN("states", "stateMachine:"+name) }

// ActivityARN returns the ARN of an activity here.
func (p Place) ActivityARN(name string) string { return p.ARN("states", "activity:"+name) }

// FunctionARN returns the ARN of a function here. qualifier, a version or an alias, may be "".
func (p Place) FunctionARN(name, qualifier string) string {
	if qualifier != "" {
		name += ":" + qualifier
	}
	return p.ARN("lambda", "function:"+name)
}

// RoleARN returns the ARN of a role of the account. Roles are in no region.
func (p Place) RoleARN(name string) string {
	return ARN{p.Partition(), "iam", "", p.Account, "role/" + name}.String()
}

// Execution returns the ARN of an execution of a Standard state machine, given by its own ARN.
func Execution(machine, name string) string {
	return strings.Replace(machine, ":stateMachine:", ":execution:", 1) + ":" + name
}

// SplitExecution is the inverse of Execution, false when text is not of that form.
func SplitExecution(text string) (machine, name string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 || i == len(text)-1 || !strings.Contains(text[:i], ":execution:") {
		return "", "", false
	}
	return strings.Replace(text[:i], ":execution:", ":stateMachine:", 1), text[i+1:], true
}

// Qualified returns the ARN of a version or an alias of a state machine, which is given by its own ARN.
func Qualified(machine, qualifier string) string { return machine + ":" + qualifier }

// SplitQualified is the inverse of Qualified: the qualifier is "" when the ARN is that of the state machine itself.
func SplitQualified(text string) (machine, qualifier string) {
	const kind = ":stateMachine:"
	i := strings.Index(text, kind)
	if i < 0 {
		return text, ""
	}
	name := text[i+len(kind):]
	if j := strings.IndexByte(name, ':'); j >= 0 {
		return text[:len(text)-len(name)+j], name[j+1:]
	}
	return text, ""
}

// Express returns the ARN of an execution of an Express state machine, given by its own ARN. Names are not unique there; id
// tells executions of one name apart.
func Express(machine, name, id string) string {
	return strings.Replace(machine, ":stateMachine:", ":express:", 1) + ":" + name + ":" + id
}

// SplitExpress is the inverse of Express, false when text is not of that form.
func SplitExpress(text string) (machine, name, id string, ok bool) {
	rest, id, found := cutLast(text)
	machine, name, found2 := cutLast(rest)
	if !found || !found2 || id == "" || name == "" || !strings.Contains(machine, ":express:") {
		return "", "", "", false
	}
	return strings.Replace(machine, ":express:", ":stateMachine:", 1), name, id, true
}

func cutLast(text string) (before, last string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return "", "", false
	}
	return text[:i], text[i+1:], true
}

// MapRun returns the ARN of a run of a distributed Map, of the state machine with the given ARN, which may have a label.
func MapRun(machine, label, id string) string {
	machine, _ = SplitLabel(machine)
	return strings.Replace(machine, ":stateMachine:", ":mapRun:", 1) + "/" + label + ":" + id
}

// SplitMapRun is the inverse of MapRun, but for the kind of the first part: machine is all before the id. False when text
// is not of that form.
func SplitMapRun(text string) (machine, id string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 || i == len(text)-1 || !strings.Contains(text[:i], ":mapRun:") || !strings.Contains(text[:i], "/") {
		return "", "", false
	}
	return text[:i], text[i+1:], true
}

// Labelled returns the ARN of the state machine that the children of the runs of a distributed Map are executions of.
// mapRun is what SplitMapRun says of the ARN of a run.
func Labelled(mapRun string) string { return strings.Replace(mapRun, ":mapRun:", ":stateMachine:", 1) }

// SplitLabel takes the label of a distributed Map from the ARN of a state machine, "" when it has none.
func SplitLabel(machine string) (unlabelled, label string) {
	unlabelled, label, _ = strings.Cut(machine, "/")
	return unlabelled, label
}

// ARN is an Amazon resource name, taken apart.
type ARN struct {
	Partition string
	Service   string
	Region    string // "" for what is in no region
	Account   string // "" for what is of no account
	Resource  string // all that follows: "stateMachine:m", "role/r", a queue's name
}

// Parse takes an ARN apart, false when text is none: six parts, of which only region and account may be empty.
// It does not look into them.
func Parse(text string) (ARN, bool) {
	var parts [5]string
	rest := text
	for i := range parts {
		var found bool
		if parts[i], rest, found = strings.Cut(rest, ":"); !found {
			return ARN{}, false
		}
	}
	a := ARN{parts[1], parts[2], parts[3], parts[4], rest}
	return a, parts[0] == "arn" && a.Partition != "" && a.Service != "" && a.Resource != ""
}

// String puts the ARN together again.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}

// Place is where the resource is.
func (a ARN) Place() Place { return Place{a.Region, a.Account} }

// Cut returns what kind of resource it is and which one, as services that put a colon between the two have it:
// "stateMachine" and "Name", "execution" and "Machine:Name". Elsewhere kind is the whole of it.
func (a ARN) Cut() (kind, id string) {
	kind, id, _ = strings.Cut(a.Resource, ":")
	return kind, id
}

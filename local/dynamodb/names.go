package dynamodb

import (
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

const (
	minNameBytes = 3
	maxNameBytes = 255
	namePattern  = "[a-zA-Z0-9_.-]+"
)

// tableName returns the name of the table that a request names, by name or ARN.
func tableName(at arn.Place, named string) (string, error) {
	if strings.HasPrefix(named, "arn:") {
		return nameOfARN(at, named)
	}
	return named, checkName(named, "tableName")
}

// checkName refuses what no table or index can be called.
func checkName(name, path string) error {
	switch {
	case name == "":
		return missing(path)
	case len(name) < minNameBytes:
		return constraint(name, path, "Member must have length greater than or equal to 3")
	case len(name) > maxNameBytes:
		return constraint(name, path, "Member must have length less than or equal to 255")
	case !isName(name):
		return constraint(name, path, "Member must satisfy regular expression pattern: "+namePattern)
	}
	return nil
}

func constraint(text, path, rule string) *awswire.Error {
	return validation("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", text, path, rule)
}

func isName(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-'
	}) < 0
}

// nameOfARN returns the name in the ARN of a table. Tables of other places are not there.
func nameOfARN(at arn.Place, text string) (string, error) {
	_, name, ok := strings.Cut(text, ":table/")
	if !ok {
		return "", invalidParameter("Invalid TableArn: Invalid ResourceArn provided as input %s", text)
	}
	if at.ARN("dynamodb", "table/"+name) != text {
		return "", notFound()
	}
	return name, nil
}

// tableARN is the ARN of a table.
func tableARN(at arn.Place, name string) string { return at.ARN("dynamodb", "table/"+name) }

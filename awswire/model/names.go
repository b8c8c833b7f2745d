package model

import (
	"regexp"
	"strings"
)

// A Task's resource names a service of the SDK as the AWS SDK for Java (2) does, and so are members and errors named. Here are
// the rules of its code generator.

// TaskName is the name of a service with that id in arn:aws:states:::aws-sdk:NAME:…
func TaskName(id string) string { return strings.ToLower(ErrorPrefix(id)) }

// ErrorPrefix is what stands before the names of errors of a service with that id.
func ErrorPrefix(id string) string {
	name := Pascal(id)
	for _, prefix := range []string{"Amazon", "Aws"} {
		name = strings.TrimPrefix(name, prefix)
	}
	return strings.TrimSuffix(name, "Service")
}

// TaskName is the name of the service in arn:aws:states:::aws-sdk:NAME:…
func (s *Service) TaskName() string { return TaskName(s.ID) }

// ErrorPrefix is what stands before the names of errors of the service: "DynamoDb".
func (s *Service) ErrorPrefix() string { return ErrorPrefix(s.ID) }

// Pascal joins the words of a name: DynamoDB is DynamoDb, SFN is Sfn, IoTAnalytics is IoTAnalytics.
func Pascal(name string) string {
	var out strings.Builder
	for _, word := range words(name) {
		word = strings.ToLower(word)
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}

// The ends of words, in the order in which they are looked for.
var (
	notAlphanumeric = regexp.MustCompile(`[^A-Za-z0-9]+`)
	lowerVersion    = regexp.MustCompile(`([^a-z]{2,})v([0-9]+)`) // TESTv4
	upperVersion    = regexp.MustCompile(`([^A-Z]{2,})V([0-9]+)`) // TestV4
	acronym         = regexp.MustCompile(`([A-Z]+)([A-Z][a-z])`)
	afterDigit      = regexp.MustCompile(`([0-9])([a-zA-Z])`)
)

func words(name string) []string {
	name = notAlphanumeric.ReplaceAllString(name, " ")
	name = lowerVersion.ReplaceAllString(name, "$1 v$2 ")
	name = upperVersion.ReplaceAllString(name, "$1 V$2 ")
	name = splitCamel(name)
	name = acronym.ReplaceAllString(name, "$1 $2")
	name = afterDigit.ReplaceAllString(name, "$1 $2")
	return strings.Fields(name)
}

// splitCamel puts a space between a small letter and a capital that something alphanumeric follows.
func splitCamel(name string) string {
	var out strings.Builder
	for i := range len(name) {
		if i > 0 && i+1 < len(name) && lower(name[i-1]) && upper(name[i]) && name[i+1] != ' ' {
			out.WriteByte(' ')
		}
		out.WriteByte(name[i])
	}
	return out.String()
}

func lower(c byte) bool { return 'a' <= c && c <= 'z' }
func upper(c byte) bool { return 'A' <= c && c <= 'Z' }

// Uncap lowers the first letters of a name: DBInstances is dbInstances, ETag is eTag, SSEKMSKeyId is ssekmsKeyId.
func Uncap(name string) string {
	b := []byte(name)
	for i := range b {
		if i > 0 && (!upper(b[i]) || i+1 < len(b) && lower(b[i+1])) {
			break
		}
		if upper(b[i]) {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

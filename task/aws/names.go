package aws

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/statelark/statelark/awswire/model"
)

// The names that AWS's SDKs for Java make of those of a model. aws-sdk integrations have the names of version 2,
// optimised ones those of version 1.

// namer makes the name of a member in a Task of its name in the model.
type namer func(string) string

// capital returns s with its first letter in upper case.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// sdkMember is the name in an aws-sdk integration: DBInstanceIdentifier is DbInstanceIdentifier.
func sdkMember(name string) string {
	name = model.Uncap(name)
	if taken()[name] {
		name += "Value"
	}
	return capital(name)
}

// sdkAction is the name of an operation in an aws-sdk integration.
func sdkAction(operation string) string { return model.Uncap(operation) }

// taken are names that members of a class in Java cannot have: words of the language, and methods of every object.
var taken = sync.OnceValue(func() map[string]bool {
	names := make(map[string]bool)
	for name := range strings.FieldsSeq(`abstract assert boolean break byte case catch char class const continue default do double
		else enum extends false final finally float for goto if implements import instanceof int interface long native new null
		package private protected public return short static strictfp super switch synchronized this throw throws transient true
		try void volatile while equals finalize getClass hashCode notify notifyAll toString wait`) {
		names[name] = true
	}
	return names
})

// sdkException is the class of an error in version 2, of the name of its shape.
func sdkException(shape string) string {
	name := strings.TrimSuffix(shape, "Fault")
	if strings.HasSuffix(name, "Exception") {
		return model.Pascal(name)
	}
	return model.Pascal(name) + "Exception"
}

// exception is the class of an error in version 1.
func exception(shape string) string {
	return strings.TrimSuffix(strings.TrimSuffix(shape, "Fault"), "Exception") + "Exception"
}

// actions are the operations of services, by *model.Service, under the names that aws-sdk integrations have for them.
var actions sync.Map

func actionsOf(s *model.Service) map[string]*model.Operation {
	if known, ok := actions.Load(s); ok {
		return known.(map[string]*model.Operation)
	}
	byAction := make(map[string]*model.Operation, len(s.Operations))
	for name, op := range s.Operations {
		byAction[sdkAction(name)] = op
	}
	actions.Store(s, byAction)
	return byAction
}

package gateway

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// permitted holds a form against its policy, if it has one.
func (u *upload) permitted(r *http.Request, now time.Time) error {
	text, there := u.fields["policy"]
	if !there {
		return nil
	}
	policy, err := readPolicy(text)
	if err != nil {
		return err
	}
	if u.fields["signature"] == "" && u.fields["x-amz-signature"] == "" {
		return &awswire.Error{Code: "InvalidArgument", Message: "Bucket POST must contain a field named 'X-Amz-Signature'.  If it is specified, please check the order of the fields.",
			Extra: []value.Member{{Key: "ArgumentName", Value: value.FromString("X-Amz-Signature")}, {Key: "ArgumentValue", Value: value.FromString("")}}}
	}
	expiration, _ := policy.Get("expiration")
	end, err := time.Parse(time.RFC3339, expiration.Str())
	if err != nil {
		return invalidPolicy("Invalid 'expiration' value: '" + expiration.Str() + "'")
	}
	if now.After(end) {
		return denied("Policy expired.")
	}
	bucket, _ := bucketAndKey(r)
	u.fields["bucket"] = bucket
	conditions, _ := policy.Get("conditions")
	covered := map[string]bool{}
	for _, c := range conditions.Elems() {
		if err := u.fulfils(c); err != nil {
			return err
		}
		covered[fieldOf(c)] = true
	}
	for name := range u.fields {
		if !covered[name] && !slices.Contains(freeFields, name) && !strings.HasPrefix(name, "x-ignore-") {
			return denied("Extra input fields: " + name)
		}
	}
	return nil
}

// freeFields are those that a policy need not have a condition for.
var freeFields = []string{"policy", "signature", "x-amz-signature", "awsaccesskeyid", "file"}

func invalidPolicy(why string) error {
	return &awswire.Error{Code: "InvalidPolicyDocument", Message: "Invalid Policy: " + why}
}

func denied(why string) error {
	return &awswire.Error{Code: "AccessDenied", Message: "Invalid according to Policy: " + why, Status: http.StatusForbidden}
}

// readPolicy reads a policy, whose conditions are all of a form that there is.
func readPolicy(text string) (value.Value, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return value.Value{}, invalidPolicy("Invalid JSON.")
	}
	policy, err := value.Parse(string(raw))
	if err != nil || policy.Kind() != value.Object {
		return policy, invalidPolicy("Invalid JSON.")
	}
	for _, needed := range []string{"expiration", "conditions"} {
		if v, ok := policy.Get(needed); !ok || v.IsNull() {
			return policy, invalidPolicy("Policy missing " + needed + ".")
		}
	}
	for _, m := range policy.Members() {
		if m.Key != "expiration" && m.Key != "conditions" {
			return policy, invalidPolicy("Unexpected: '" + m.Key + "'")
		}
	}
	expiration, _ := policy.Get("expiration")
	conditions, _ := policy.Get("conditions")
	if expiration.Kind() != value.String {
		return policy, invalidPolicy("Invalid JSON.")
	}
	if conditions.Kind() != value.Array {
		return policy, invalidPolicy("Invalid 'conditions' value: must be a List.")
	}
	for _, c := range conditions.Elems() {
		if err := checkCondition(c); err != nil {
			return policy, err
		}
	}
	return policy, nil
}

// checkCondition refuses what is none of {"field":"text"}, ["eq","$field","text"], ["starts-with","$field","text"] and
// ["content-length-range",least,most].
func checkCondition(c value.Value) error {
	if c.Kind() == value.Object {
		switch members := c.Members(); {
		case len(members) != 1:
			return invalidPolicy("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
		case members[0].Value.Kind() != value.String:
			return invalidPolicy("Invalid Simple-Condition: value must be a string.")
		}
		return nil
	}
	all := c.Elems()
	if c.Kind() != value.Array {
		return invalidPolicy("Invalid Condition: must be a list or an object.")
	}
	if len(all) == 0 {
		return invalidPolicy("Invalid Condition: missing operation identifier.")
	}
	operation, kind := strings.ToLower(all[0].Str()), value.String
	switch operation {
	case "eq", "starts-with":
	case "content-length-range":
		kind = value.Number
	default:
		return invalidPolicy("Invalid Condition: unknown operation '" + all[0].Str() + "'.")
	}
	if len(all) != 3 {
		return invalidPolicy("Invalid Condition: wrong number of arguments for '" + operation + "'.")
	}
	for _, argument := range all[1:] {
		number := kind == value.Number && argument.Kind() == value.String && isNumber(argument.Str())
		if argument.Kind() != kind && !number {
			return invalidPolicy("Invalid JSON.")
		}
	}
	return nil
}

// fieldOf is the field that a condition is about, in small letters.
func fieldOf(c value.Value) string {
	if members := c.Members(); len(members) == 1 {
		return strings.ToLower(members[0].Key)
	}
	return strings.ToLower(strings.TrimPrefix(c.Elems()[1].Str(), "$"))
}

// fulfils holds a form against one condition.
func (u *upload) fulfils(c value.Value) error {
	if members := c.Members(); len(members) == 1 {
		m := members[0]
		if u.fields[fieldOf(c)] != m.Value.Str() {
			return denied("Policy Condition failed: " + value.NewArray([]value.Value{value.FromString("eq"), value.FromString("$" + m.Key), m.Value}).Compact())
		}
		return nil
	}
	all := c.Elems()
	field, want := u.fields[fieldOf(c)], all[2].Str()
	ok := true
	switch strings.ToLower(all[0].Str()) {
	case "eq":
		ok = field == want
	case "starts-with":
		ok = startsWith(field, want, fieldOf(c) == "content-type")
	case "content-length-range":
		u.file = &ranged{Reader: u.file, least: number(all[1]), most: number(all[2])}
		return nil
	}
	if !ok || !strings.HasPrefix(all[1].Str(), "$") {
		return denied("Policy Condition failed: " + c.Compact())
	}
	return nil
}

// startsWith reports whether a field starts with a text: of a list, all that is in it.
func startsWith(field, want string, list bool) bool {
	if !list {
		return strings.HasPrefix(field, want)
	}
	for one := range strings.SplitSeq(field, ",") {
		if !strings.HasPrefix(strings.TrimSpace(one), want) {
			return false
		}
	}
	return true
}

func isNumber(text string) bool {
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil
}

func number(v value.Value) int64 {
	if v.Kind() == value.String {
		n, _ := strconv.ParseInt(v.Str(), 10, 64)
		return n
	}
	n, _ := v.Int()
	return n
}

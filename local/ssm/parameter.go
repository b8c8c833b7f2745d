package ssm

import (
	"regexp"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/value"
)

const (
	typeSecure   = "SecureString"
	tierStandard = "Standard"
	tierAdvanced = "Advanced"
	tierSmart    = "Intelligent-Tiering"
)

// parameter is a parameter as it is now. Times are Unix ms.
type parameter struct {
	Name    string           `json:"name"`
	Current int64            `json:"current"` // version
	Oldest  int64            `json:"oldest"`
	Tags    []tag            `json:"tags,omitempty"`
	Labels  map[string]int64 `json:"labels,omitempty"` // to versions
	Expires int64            `json:"expires,omitempty"`
	Latest  *version         `json:"latest"`
}

// version is what a version of a parameter has.
type version struct {
	Number      int64  `json:"number"`
	Type        string `json:"type"`
	Value       string `json:"value"`
	Cipher      []byte `json:"cipher,omitempty"` // what a SecureString looks like to those who do not decrypt it
	KeyID       string `json:"keyId,omitempty"`
	Description string `json:"description,omitempty"`
	Pattern     string `json:"pattern,omitempty"`
	Tier        string `json:"tier"`
	DataType    string `json:"dataType"`
	Policies    string `json:"policies,omitempty"`
	Modified    int64  `json:"modified"`
	User        string `json:"user"`
}

type tag struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

func (p *parameter) expired(now time.Time) bool {
	return p.Expires != 0 && p.Expires <= now.UnixMilli()
}

func (p *parameter) arn(at arn.Place) string {
	return at.ARN("ssm", "parameter/"+strings.TrimPrefix(p.Name, "/"))
}

// plain is a name as a key: of a name without levels the slash before it does not count.
func plain(name string) string {
	if rest, ok := strings.CutPrefix(name, "/"); ok && !strings.Contains(rest, "/") {
		return rest
	}
	return name
}

// nameOf takes the ARN around a name away.
func nameOf(at arn.Place, name string) string {
	if rest, ok := strings.CutPrefix(name, at.ARN("ssm", "parameter/")); ok {
		if strings.Contains(rest, "/") {
			return "/" + rest
		}
		return rest
	}
	return name
}

var nameForm = regexp.MustCompile(`^[a-zA-Z0-9_./-]+$`)

// maxLevels is how deep a hierarchy may be, maxName how long a name.
const maxLevels, maxName = 15, 1011

// checkName checks the name of a new parameter.
func checkName(name string) *awswire.Error {
	low, levels := strings.ToLower(name), strings.Count(strings.TrimPrefix(name, "/"), "/")+1
	const form = " If formed as a path, it can consist of sub-paths divided by slash symbol; " +
		"each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_"
	switch {
	case strings.HasPrefix(low, "/aws"):
		return refuse("AccessDeniedException", "No access to reserved parameter name: %s.", name)
	case strings.HasPrefix(low, "/ssm"):
		return invalid(`Parameter name: can't be prefixed with "ssm" (case-insensitive).` + form)
	case strings.HasPrefix(low, "aws"), strings.HasPrefix(low, "ssm"):
		return invalid(`Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive).` + form)
	case strings.Contains(name, "/") && !strings.HasPrefix(name, "/"):
		return invalid("Parameter name must be a fully qualified name.")
	case !nameForm.MatchString(name), strings.HasSuffix(name, "/"), strings.Contains(name, "//"):
		return invalid(`Parameter name: can't be prefixed with "ssm" (case-insensitive).` + form)
	case levels > maxLevels:
		return refuse("HierarchyLevelLimitExceededException", "A hierarchy can have a maximum of %d levels.", maxLevels)
	case len(name) > maxName:
		return invalid("Parameter name: the name is longer than %d characters.", maxName)
	}
	return nil
}

// policy is a policy of a parameter, as it is described.
type policy struct {
	PolicyText   string
	PolicyType   string
	PolicyStatus string
}

const maxPolicies = 10

// readPolicies reads the policies of a request. expires is the time that one of them says, Unix ms; 0: none.
func readPolicies(text string) (all []policy, expires int64, err error) {
	if text == "" {
		return nil, 0, nil
	}
	doc, bad := value.Parse(text)
	if bad != nil || doc.Kind() != value.Array {
		return nil, 0, refuse("InvalidPolicyAttributeException", "The policies of a parameter are an array of objects in JSON.")
	}
	if doc.Len() > maxPolicies {
		return nil, 0, refuse("PoliciesLimitExceededException", "A parameter can have %d policies at most.", maxPolicies)
	}
	for _, p := range doc.Elems() {
		kind, _ := p.Get("Type")
		switch kind.Str() {
		case "Expiration":
			attributes, _ := p.Get("Attributes")
			at, _ := attributes.Get("Timestamp")
			when, bad := time.Parse(time.RFC3339, at.Str())
			if bad != nil {
				return nil, 0, refuse("InvalidPolicyAttributeException", "The timestamp of an Expiration policy is not valid: %s", at.Text())
			}
			expires = when.UnixMilli()
		case "ExpirationNotification", "NoChangeNotification":
		default:
			return nil, 0, refuse("InvalidPolicyTypeException", "The policy type is not supported. "+
				"Parameter Store supports the following policy types: Expiration, ExpirationNotification, and NoChangeNotification.")
		}
		all = append(all, policy{p.Compact(), kind.Str(), "Pending"})
	}
	return all, expires, nil
}

func seconds(ms int64) float64 { return local.Seconds(time.UnixMilli(ms)) }

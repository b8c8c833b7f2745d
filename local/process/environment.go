package process

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// inheritedVars are the variables of the server that every program gets: what programs need to be found, to be read
// and to write.
var inheritedVars = []string{"PATH", "LD_LIBRARY_PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "LANG", "LC_*"}

// Inherit returns the variables of the server that programs get: inheritedVars, and those that pass names. A name may be
// a pattern ("AWS_*"). The server's own settings are never passed on.
func Inherit(server, pass []string, as *User) ([]string, error) {
	for _, pattern := range pass {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" || strings.ContainsAny(pattern, "=/ ") {
			return nil, fmt.Errorf("the variable %q cannot be passed on: it has to be a name, or a pattern such as AWS_*", pattern)
		}
	}
	wanted := append(slices.Clone(inheritedVars), pass...)
	vars := slices.DeleteFunc(slices.Clone(server), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return strings.HasPrefix(name, "STATELARK_") || !slices.ContainsFunc(wanted, func(pattern string) bool {
			ok, _ := path.Match(pattern, name) // the patterns are well-formed
			return ok
		})
	})
	if as != nil {
		vars = append(vars, "HOME="+as.Home, "USER="+as.Name, "LOGNAME="+as.Name)
	}
	return vars, nil
}

// Stand-ins for the credentials of a program, where nobody has given any: SDKs refuse to call without.
const (
	DummyKey    = "AKIAIOSFODNN7EXAMPLE"
	DummySecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// credentialVars are the variables from which SDKs take credentials; one of them is enough.
var credentialVars = []string{
	"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
}

// Keys are the variables with stand-ins for credentials, none when the program inherits some. account is what the access key
// id is to be, where the server takes it for the account; "": any id.
func Keys(inherited []string, account string) []string {
	if slices.ContainsFunc(inherited, isCredential) {
		return nil
	}
	if account == "" {
		account = DummyKey
	}
	return []string{"AWS_ACCESS_KEY_ID=" + account, "AWS_SECRET_ACCESS_KEY=" + DummySecret}
}

func isCredential(kv string) bool {
	name, text, _ := strings.Cut(kv, "=")
	return text != "" && slices.Contains(credentialVars, name)
}

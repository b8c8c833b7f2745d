package function

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/process"
)

// environment is what the runners of a catalogue share.
type environment struct {
	accountKeys bool // of Options
	endpointURL string
	idleTimeout time.Duration
	initTimeout time.Duration
	inherited   []string // what functions get of the server's own variables
	launcher    *process.Launcher
	runtimes    *runtimes
	log         *slog.Logger
}

// inheritedVars are the variables of the server that every function gets: what programs need to be found, to be read
// and to write.
var inheritedVars = []string{"PATH", "LD_LIBRARY_PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "LANG", "LC_*"}

// inherit returns the variables of the server that functions get: inheritedVars, and those that pass names. A name may be
// a pattern ("AWS_*"). The server's own settings are never passed on.
func inherit(server, pass []string, as *process.User) ([]string, error) {
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

// Stand-ins for the credentials of a function, where nobody has given any: SDKs refuse to call without.
const (
	dummyKey    = "AKIAIOSFODNN7EXAMPLE"
	dummySecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// credentialVars are the variables from which SDKs take credentials; one of them is enough.
var credentialVars = []string{
	"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
}

// vars are the environment variables of the process of a function in a place. What the function itself defines goes last and
// so prevails.
func (e *environment) vars(f *Function, at arn.Place) []string {
	vars := append(slices.Clone(e.inherited),
		"AWS_REGION="+at.Region,
		"AWS_DEFAULT_REGION="+at.Region,
		"AWS_LAMBDA_FUNCTION_NAME="+f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION="+f.Version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(f.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+f.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME="+f.Version,
		"_HANDLER="+f.Handler,
		"TZ=:UTC",
	)
	if f.Code.Dir != "" {
		vars = append(vars, "LAMBDA_TASK_ROOT="+f.Code.Dir)
	}
	if f.Code.SHA256 == "" { // somebody's working directory, and no place for our files
		vars = append(vars, "PYTHONDONTWRITEBYTECODE=1")
	}
	if f.Runtime != "" {
		vars = append(vars, "AWS_EXECUTION_ENV=AWS_Lambda_"+f.Runtime)
	}
	if e.endpointURL != "" {
		vars = append(vars, "AWS_ENDPOINT_URL="+e.endpointURL)
	}
	if !slices.ContainsFunc(e.inherited, isCredential) {
		id := dummyKey
		if e.accountKeys {
			id = at.Account
		}
		vars = append(vars, "AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+dummySecret)
	}
	vars = append(vars, layerVars(f)...)
	for _, name := range slices.Sorted(maps.Keys(f.Env)) {
		vars = append(vars, name+"="+f.Env[name])
	}
	return vars
}

// layerVars are the variables by which runtimes find what layers have. On AWS layers are unpacked over each other to /opt, the
// last one on top; here each has a directory, and the last one goes first.
func layerVars(f *Function) []string {
	var python, node []string
	for _, l := range slices.Backward(f.Layers) {
		python = append(python, path.Join(l.Dir, "python"))
		if version, ok := strings.CutPrefix(f.Runtime, "python"); ok {
			python = append(python, path.Join(l.Dir, "python/lib/python"+version+"/site-packages"))
		}
		node = append(node, path.Join(l.Dir, "nodejs/node_modules"))
	}
	if len(f.Layers) == 0 {
		return nil
	}
	return []string{"PYTHONPATH=" + strings.Join(python, ":"), "NODE_PATH=" + strings.Join(node, ":")}
}

func isCredential(kv string) bool {
	name, text, _ := strings.Cut(kv, "=")
	return text != "" && slices.Contains(credentialVars, name)
}

// logLines returns what a function's printed lines go to, nil when nobody reads them.
func (e *environment) logLines(f *Function) func(string) {
	if !e.log.Enabled(context.Background(), slog.LevelDebug) {
		return nil
	}
	log := e.log.With("function", f.Name, "version", f.Version)
	return func(line string) { log.Debug("function output", "line", line) }
}

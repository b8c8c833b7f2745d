package function

import (
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
	output      func(Line) // of Options; may be nil
}

// vars are the environment variables of the process of a function in a place. What the function itself defines goes last and
// so prevails.
func (e *environment) vars(f *Function, at arn.Place, logStream string) []string {
	vars := append(slices.Clone(e.inherited),
		"AWS_REGION="+at.Region,
		"AWS_DEFAULT_REGION="+at.Region,
		"AWS_LAMBDA_FUNCTION_NAME="+f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION="+f.Version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(f.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME="+f.logGroup(),
		"AWS_LAMBDA_LOG_STREAM_NAME="+logStream,
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
	account := ""
	if e.accountKeys {
		account = at.Account
	}
	vars = append(vars, layerVars(f)...)
	vars = append(vars, process.Keys(e.inherited, account)...)
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

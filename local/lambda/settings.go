package lambda

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
)

// maxVariables bounds the variables of a function, as JSON, in bytes.
const maxVariables = 4 << 10

// reservedVariables are those that Lambda sets itself.
var reservedVariables = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
	"AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

// checkSettings refuses settings that Lambda would refuse, and those that this server has no part of.
func checkSettings(in awswire.Input) error {
	if in.Has("Layers") && len(in.Strs("Layers")) > 0 {
		return invalid("Layers are not supported here: pack what the function needs with its code.")
	}
	if runtime := in.StrPtr("Runtime"); runtime != nil {
		if err := function.CheckRuntime(*runtime); err != nil {
			return invalid("Value %s at 'runtime' failed to satisfy constraint: %v", *runtime, err)
		}
	}
	return checkVariables(in.Struct("Environment").Strings("Variables"))
}

func checkVariables(vars map[string]string) error {
	const unable = "Lambda was unable to configure your environment variables because the environment variables you have provided "
	var reserved []string
	for _, key := range slices.Sorted(maps.Keys(vars)) {
		if slices.Contains(reservedVariables, key) {
			reserved = append(reserved, key)
		}
		if strings.ContainsRune(vars[key], 0) {
			return invalid(unable+"contain a null character. Variable: %s", key)
		}
	}
	if len(reserved) > 0 {
		return invalid(unable+"contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %s",
			strings.Join(reserved, ", "))
	}
	text, err := json.Marshal(vars)
	if err != nil {
		return err
	}
	if len(text) > maxVariables {
		return invalid(unable+"exceeded the 4KB limit. String measured: %s", text)
	}
	return nil
}

// applySettings changes f where the input says so.
func applySettings(in awswire.Input, f *function.Function) {
	for name, to := range map[string]*string{"Role": &f.Role, "Runtime": &f.Runtime, "Handler": &f.Handler, "Description": &f.Description} {
		if in.Has(name) {
			*to = strings.Clone(in.Str(name))
		}
	}
	if n := in.IntPtr("MemorySize"); n != nil {
		f.MemoryMB = int(*n)
	}
	if n := in.IntPtr("Timeout"); n != nil {
		f.Timeout = time.Duration(*n) * time.Second
	}
	if in.Has("Environment") {
		f.Env = cloned(in.Struct("Environment").Strings("Variables"))
	}
}

// cloned copies a map that shares memory with a request.
func cloned(m map[string]string) map[string]string {
	c := make(map[string]string, len(m))
	for k, v := range m {
		c[strings.Clone(k)] = strings.Clone(v)
	}
	return c
}

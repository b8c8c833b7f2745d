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

// deprecatedRuntimes are those that functions can no longer be made with, as of August 2026.
var deprecatedRuntimes = []string{
	"nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x",
	"python2.7", "python3.6", "python3.7", "java8", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet5.0", "dotnet7",
	"ruby2.5", "ruby2.7", "go1.x", "provided",
}

// checkSettings refuses settings that Lambda would refuse, and those that this server has no part of.
func checkSettings(in awswire.Input) error {
	if err := checkNetwork(in.Struct("VpcConfig")); err != nil {
		return err
	}
	if runtime := in.StrPtr("Runtime"); runtime != nil {
		if slices.Contains(deprecatedRuntimes, *runtime) {
			return invalid("The runtime parameter of %s is no longer supported for creating or updating AWS Lambda functions. "+
				"We recommend you use a supported runtime while creating or updating functions.", *runtime)
		}
		if err := function.CheckRuntime(*runtime); err != nil {
			return invalid("Value %s at 'runtime' failed to satisfy constraint: %v", *runtime, err)
		}
	}
	return checkVariables(in.Struct("Environment").Strings("Variables"))
}

// checkNetwork refuses a network: there is none here, so no subnet and no security group exists.
func checkNetwork(in awswire.Input) error {
	for _, group := range in.Strs("SecurityGroupIds") {
		return invalid("Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 Error Message: The security group '%s' does not exist", group)
	}
	for _, subnet := range in.Strs("SubnetIds") {
		return invalid("Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID '%s' does not exist", subnet)
	}
	return nil
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
	applyShown(in, f)
}

// cloned copies a map that shares memory with a request.
func cloned(m map[string]string) map[string]string {
	c := make(map[string]string, len(m))
	for k, v := range m {
		c[strings.Clone(k)] = strings.Clone(v)
	}
	return c
}

// applyShown changes what the function has no part of.
func applyShown(in awswire.Input, f *function.Function) {
	if in.Has("Architectures") {
		f.Architectures = nil
		for _, a := range in.Strs("Architectures") {
			f.Architectures = append(f.Architectures, strings.Clone(a))
		}
	}
	if n := in.Struct("EphemeralStorage").IntPtr("Size"); n != nil {
		f.EphemeralMB = int(*n)
	}
	if in.Has("TracingConfig") {
		f.Tracing = strings.Clone(in.Struct("TracingConfig").Str("Mode"))
	}
	if in.Has("SnapStart") {
		f.SnapStart = strings.Clone(in.Struct("SnapStart").Str("ApplyOn"))
	}
	if in.Has("DeadLetterConfig") {
		f.DeadLetterARN = strings.Clone(in.Struct("DeadLetterConfig").Str("TargetArn"))
	}
	if in.Has("KMSKeyArn") {
		f.KeyARN = strings.Clone(in.Str("KMSKeyArn"))
	}
	if in.Has("LoggingConfig") {
		applyLogging(in.Struct("LoggingConfig"), &f.Logging)
	}
}

// applyLogging changes what is said. The levels go with the format.
func applyLogging(in awswire.Input, l *function.Logging) {
	for name, to := range map[string]*string{
		"LogFormat": &l.Format, "ApplicationLogLevel": &l.ApplicationLevel, "SystemLogLevel": &l.SystemLevel, "LogGroup": &l.Group,
	} {
		if in.Has(name) {
			*to = strings.Clone(in.Str(name))
		}
	}
	if l.Format != "JSON" {
		l.ApplicationLevel, l.SystemLevel = "", ""
	}
}

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
)

// What Step Functions Local is told by variables. They go before the defaults of settings, and after everything that is
// said to Statelark itself.

// defaultMocks is the mock configuration that is used where it is there, as Step Functions Local does.
const defaultMocks = "MockConfigFile.json"

// maxWaitTimeScale is the largest factor of waits.
const maxWaitTimeScale = 1000

// localVariables are the variables that are settings here.
var localVariables = []struct{ variable, setting string }{
	{"AWS_ACCOUNT_ID", "account"},
	{"AWS_DEFAULT_REGION", "region"},
	{"AWS_REGION", "region"}, // where both are set, AWS's newer clients go by this one
	{"SFN_MOCK_CONFIG", "mock-config"},
	{"WAIT_TIME_SCALE", "wait-time-scale"},
	{"LAMBDA_ENDPOINT", "lambda-endpoint"},
}

// localSettings are the settings that such variables make.
func localSettings(getenv func(string) string) map[string]any {
	found := map[string]any{}
	if _, err := os.Stat(defaultMocks); err == nil {
		found["mock-config"] = defaultMocks
	}
	for _, v := range localVariables {
		if text := getenv(v.variable); text != "" {
			found[v.setting] = text
		}
	}
	for _, e := range localEndpoints {
		if url := getenv(e.variable); url != "" {
			found["services/"+e.service+"/endpoint"] = url
		}
	}
	return found
}

// localEndpoints are the variables of endpoints, and the service of each.
var localEndpoints = []struct{ variable, service string }{
	{"BATCH_ENDPOINT", "batch"},
	{"DYNAMODB_ENDPOINT", "dynamodb"},
	{"ECS_ENDPOINT", "ecs"},
	{"GLUE_ENDPOINT", "glue"},
	{"SAGE_MAKER_ENDPOINT", "sagemaker"},
	{"SNS_ENDPOINT", "sns"},
	{"SQS_ENDPOINT", "sqs"},
}

// tellEndpoints tells the log which variable does nothing here.
func tellEndpoints(log *slog.Logger, getenv func(string) string) {
	if url := getenv("STEP_FUNCTIONS_ENDPOINT"); url != "" {
		log.Info("STEP_FUNCTIONS_ENDPOINT is not needed: nested executions run in this server", "url", url)
	}
}

// checkEndpoint checks the URL of an endpoint, which may be "".
func checkEndpoint(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return fmt.Errorf("reading an endpoint: %w", err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("it has no scheme or no host")
	}
	return nil
}

// delay is what becomes of waits, nil when nothing does.
func (cfg *Config) delay() func(ms int64) int64 {
	if cfg.WaitTimeScale == 1 {
		return nil
	}
	return func(ms int64) int64 { return int64(float64(ms) * cfg.WaitTimeScale) }
}

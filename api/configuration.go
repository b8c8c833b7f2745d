package api

import (
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

// The types of encryption.
const (
	awsOwnedKey = "AWS_OWNED_KEY"
	customerKey = "CUSTOMER_MANAGED_KMS_KEY"
)

// defaultReusePeriod is for how many seconds a data key of a customer's key serves when nothing is said.
const defaultReusePeriod = 300

// readLogging reads a LoggingConfiguration; one that is missing logs nothing.
func readLogging(in awswire.Input) (statelark.LoggingConfiguration, error) {
	l := statelark.LoggingConfiguration{
		Level:                statelark.LogLevel(in.Str("level")),
		IncludeExecutionData: in.Bool("includeExecutionData", false),
	}
	if l.Level == "" {
		l.Level = statelark.LogOff
	}
	destinations := in.Structs("destinations")
	if destinations != nil {
		l.LogGroups = make([]string, 0, len(destinations))
	}
	for _, d := range destinations {
		group := d.Struct("cloudWatchLogsLogGroup").Str("logGroupArn")
		if a, ok := arn.Parse(group); !ok || a.Service != "logs" || !strings.HasSuffix(group, ":*") {
			return l, invalidLogging("Log Destination must be the ARN of a log group with the suffix ':*'.")
		}
		l.LogGroups = append(l.LogGroups, group)
	}
	if n := len(l.LogGroups); n > 1 || n == 0 && l.Level != statelark.LogOff {
		return l, invalidLogging("Must specify exactly one Log Destination.")
	}
	return l, nil
}

func invalidLogging(why string) error {
	return statelark.Errorf(statelark.CodeInvalidLogging, "Invalid Logging Configuration: %s", why)
}

func writeLogging(w *awswire.Writer, l statelark.LoggingConfiguration) {
	w.Open("loggingConfiguration", '{')
	w.Str("level", string(l.Level))
	w.Bool("includeExecutionData", l.IncludeExecutionData)
	if l.LogGroups != nil {
		w.Open("destinations", '[')
		for _, group := range l.LogGroups {
			w.Open("", '{')
			w.Open("cloudWatchLogsLogGroup", '{')
			w.Str("logGroupArn", group)
			w.Close('}')
			w.Close('}')
		}
		w.Close(']')
	}
	w.Close('}')
}

func readTracing(in awswire.Input) statelark.TracingConfiguration {
	return statelark.TracingConfiguration{Enabled: in.Bool("enabled", false)}
}

func writeTracing(w *awswire.Writer, t statelark.TracingConfiguration) {
	w.Open("tracingConfiguration", '{')
	w.Bool("enabled", t.Enabled)
	w.Close('}')
}

// readEncryption reads an EncryptionConfiguration; one that is missing is a key of AWS.
func readEncryption(in awswire.Input) (statelark.EncryptionConfiguration, error) {
	e := statelark.EncryptionConfiguration{KeyID: in.Str("kmsKeyId"), ReusePeriod: in.Int("kmsDataKeyReusePeriodSeconds")}
	switch in.Str("type") {
	case customerKey:
		if e.KeyID == "" {
			return e, invalidEncryption("kmsKeyId is required with " + customerKey)
		}
		if e.ReusePeriod == 0 {
			e.ReusePeriod = defaultReusePeriod
		}
	default:
		if e != (statelark.EncryptionConfiguration{}) {
			return e, invalidEncryption("kmsKeyId and kmsDataKeyReusePeriodSeconds are not allowed with " + awsOwnedKey)
		}
	}
	return e, nil
}

func invalidEncryption(why string) error {
	return statelark.Errorf(statelark.CodeInvalidEncryption, "Invalid Encryption Configuration: %s", why)
}

func writeEncryption(w *awswire.Writer, e statelark.EncryptionConfiguration) {
	w.Open("encryptionConfiguration", '{')
	if e.KeyID == "" {
		w.Str("type", awsOwnedKey)
	} else {
		w.Str("type", customerKey)
		w.Str("kmsKeyId", e.KeyID)
		w.Int("kmsDataKeyReusePeriodSeconds", e.ReusePeriod)
	}
	w.Close('}')
}

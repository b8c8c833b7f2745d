package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/console"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/local/jobs"
	"github.com/statelark/statelark/local/lambda/function"
	"github.com/statelark/statelark/node"
)

// Config is the settings of a server. A setting comes from its flag, else from the environment (STATELARK_LISTEN),
// else from the configuration file, else it has its default. Name and meaning are the same in all of them.
type Config struct {
	Listen    string `koanf:"listen"`     // HOST:PORT; port 0: any that is free
	Data      string `koanf:"data"`       // directory; "": everything stays in memory
	Region    string `koanf:"region"`     // of calls that are not signed
	Account   string `koanf:"account"`    // of calls that name none, 12 digits
	MaxClosed int    `koanf:"max-closed"` // executions; of a server in memory
	LogFormat string `koanf:"log-format"` // "text" or "json"
	LogLevel  string `koanf:"log-level"`  // "debug", "info", "warn" or "error"
	// AccountFromKey makes an access key id of 12 digits the account of its caller; nil: as the command has it.
	AccountFromKey *bool `koanf:"account-from-key"`
	// Limits is a preset, "aws" or "free", and Limit what differs from it, by name: texts as limits.Limits.Set has them.
	Limits string            `koanf:"limits"`
	Limit  map[string]string `koanf:"limit"`
	// Memory is how much the process is to stay within, as a size ("512MB"). Caches, and how seldom memory is collected,
	// follow it; work that needs more gets more.
	Memory string `koanf:"memory"`
	// MockConfig is a mock configuration file of Step Functions Local, "" for none.
	MockConfig string `koanf:"mock-config"`
	// WaitTimeScale is what the times of Wait states, and between attempts, are multiplied with.
	WaitTimeScale float64 `koanf:"wait-time-scale"`
	// LambdaEndpoint is the URL of who has the functions, "" for this server.
	LambdaEndpoint string `koanf:"lambda-endpoint"`
	// AllowedHosts are names by which the server may be called, beside those that it knows of itself.
	AllowedHosts []string `koanf:"allowed-hosts"`
	// Console is whether browsers get pages: "on" or "off".
	Console string `koanf:"console"`
	// ConsoleConfig is who may use it. Its settings are no flags but for console-auth: what is secret is not for a command line,
	// which everybody on the machine can read.
	ConsoleConfig `koanf:",squash"`
	// Search is whether executions are indexed, "on" or "off", and how much of each input and output can be looked into.
	Search             string `koanf:"search"`
	SearchPayloadBytes int    `koanf:"search-payload-bytes"`
	// Telemetry; see node.Telemetry.
	ExecutionLog     string   `koanf:"execution-log"`      // "stdout" or a path; "": none
	ExecutionLogSize string   `koanf:"execution-log-size"` // as a size
	StatusChanges    []string `koanf:"status-changes"`     // "stdout", paths, URLs
	Metrics          string   `koanf:"metrics"`            // "local", "all" or "off"
	TraceEndpoint    string   `koanf:"trace-endpoint"`     // URL; "": no traces
	// S3Directory is a directory whose folders are the buckets that Map Runs read and write; "": there are none.
	S3Directory string `koanf:"s3-directory"`
	// ServiceEndpoint is where services of AWS are that Services does not name: "embedded", "aws" or a URL.
	ServiceEndpoint string             `koanf:"service-endpoint"`
	Services        map[string]Service `koanf:"services"` // by name: dynamodb, sqs, eventbridge
	// AutoCreate has what tasks name and nobody has made be made in services that are built in; nil: as the command has it.
	AutoCreate *bool          `koanf:"auto-create"`
	Jobs       map[string]Job `koanf:"jobs"` // commands in the place of jobs of Batch, tasks of ECS and job runs of Glue, by name
	// HTTPAllow are hosts, addresses and networks of this machine and of private networks that http:invoke may call.
	HTTPAllow []string `koanf:"http-allow"`
	// PassEnv are variables of the server that functions get: names, or patterns such as AWS_*.
	PassEnv []string `koanf:"pass-env"`
	// FunctionUser is as whom functions run, where the server is root; "": as the server.
	FunctionUser string `koanf:"function-user"`
	// FunctionConcurrency is how many invocations of each function run at once; 0: by its kind.
	FunctionConcurrency int                 `koanf:"function-concurrency"`
	Functions           map[string]Function `koanf:"functions"` // by name

	// File is the configuration file that was read, "" when there was none.
	File string `koanf:"-"`
	// Shown are the settings in force, for the console.
	Shown []console.SettingSection `koanf:"-"`
}

// Function is a Lambda function of the configuration: a command, a URL, or a directory with a handler.
type Function struct {
	Command []string          `koanf:"command"` // the event on standard input, the result on standard output
	URL     string            `koanf:"url"`
	Dir     string            `koanf:"dir"` // of the handler, or where the command runs; relative to the file
	Runtime string            `koanf:"runtime"`
	Handler string            `koanf:"handler"`
	Timeout time.Duration     `koanf:"timeout"` // default 60 s
	Memory  int               `koanf:"memory"`  // MB
	Env     map[string]string `koanf:"env"`
	// Concurrency is how many invocations run at once; 0: as FunctionConcurrency says.
	Concurrency int `koanf:"concurrency"`
}

// Job is the command that runs in the place of a job: of a job definition, a task definition, an image, a Glue job or a script.
type Job struct {
	Command []string          `koanf:"command"`
	Dir     string            `koanf:"dir"` // where it runs; relative to the file
	Env     map[string]string `koanf:"env"`
}

// Service says where a service of AWS is for the tasks that call it.
type Service struct {
	Endpoint string `koanf:"endpoint"` // "embedded", "aws" or a URL; "": as ServiceEndpoint says
	Region   string `koanf:"region"`   // "": that of the execution
	Account  string `koanf:"account"`  // "": that of the credentials
	Profile  string `koanf:"profile"`  // of AWS's own files, "" for the standard credentials
	Role     string `koanf:"role"`     // ARN of a role to take on
}

// The defaults that are not the zero value.
const (
	defaultListen = "127.0.0.1:8083" // the port of Step Functions Local
	// defaultData is in the working directory, where it is seen: servers of two projects do not meet in it by
	// accident, as they would in a directory of the user's.
	defaultData            = "statelark-data"
	defaultRegion          = "us-east-1"
	defaultAccount         = "000000000000"
	defaultConfig          = "statelark.yaml"
	defaultMaxClosed       = 10_000
	defaultFunctionTimeout = time.Minute
	defaultMemory          = "256MB"
	defaultLogSize         = "100MB"
)

// defaultURL is where a server is when nobody says otherwise.
const defaultURL = "http://" + defaultListen

const envPrefix = "STATELARK_"

// settings are those that can be flags and variables, with what they are when nobody says.
var settings = map[string]any{
	"listen":     defaultListen,
	"data":       defaultData,
	"region":     defaultRegion,
	"account":    defaultAccount,
	"max-closed": defaultMaxClosed,
	"limits":     "aws",
	"log-format": "text",
	"log-level":  "info",
	"memory":     defaultMemory,

	"mock-config":     "",
	"wait-time-scale": 1,
	"lambda-endpoint": "",

	"service-endpoint": node.Embedded,
	"auto-create":      nil,
	"http-allow":       "",

	"execution-log":      "",
	"execution-log-size": defaultLogSize,
	"status-changes":     "",
	"metrics":            node.MetricsLocal,
	"trace-endpoint":     "",

	"account-from-key":     nil,
	"allowed-hosts":        "",
	"console":              node.ConsoleOn,
	"console-auth":         "",
	"console-url":          "",
	"console-session":      "12h",
	"console-token":        "",
	"console-token-role":   string(console.Admin),
	"console-roles":        "",
	"console-default-role": "",
	"console-payloads":     "",
	"console-mask":         "",
	"search":               node.SearchOn,
	"search-payload-bytes": node.DefaultSearchPayloadBytes,
	"oidc-issuer":          "",
	"oidc-client-id":       "",
	"oidc-client-secret":   "",
	"oidc-scopes":          "",
	"oidc-user-claim":      "",
	"oidc-groups-claim":    "groups",
	"proxy-networks":       "",
	"proxy-user-header":    "X-Forwarded-User",
	"proxy-groups-header":  "X-Forwarded-Groups",
	"function-concurrency": 0,
	"function-user":        "",
	"pass-env":             "",
	"s3-directory":         "",
}

// addNodeFlags gives a command the flags of the settings. Their defaults are shown but not applied here, since
// the environment and the file go before them.
func addNodeFlags(c *cobra.Command, data, dataHelp string) {
	f := c.Flags()
	f.String("listen", defaultListen, "`HOST:PORT` to listen on; port 0 takes a free one and prints it")
	f.String("data", data, dataHelp)
	f.String("log-format", "text", "`FORMAT` of the log: text or json")
	f.String("log-level", "info", "`LEVEL` from which on the log is written: debug, info, warn or error")
	f.String("memory", defaultMemory, "`SIZE` that the process is to stay within; caches follow it")
	f.String("limits", "aws", "`PRESET` of limits: aws, or free for as much as the server can take")
	f.StringArray("limit", nil, "one limit as `NAME=VALUE`, such as payload-bytes=1MiB; may be repeated")
	f.Bool("account-from-key", false, "take an access key id of 12 digits for the account of its caller")
	f.String("allowed-hosts", "", "`NAMES` by which clients may call the server, with commas between them; .example.org stands for all below it")
	f.String("console", node.ConsoleOn, "whether browsers get the console, `on|off`")
	f.String("console-auth", "", "`MODE` in which people sign in to the console: none, token, oidc or proxy (default none on this machine, else token)")
	f.String("search", node.SearchOn, "whether executions are indexed, so that the console finds them quickly, `on|off`")
	f.Int("search-payload-bytes", node.DefaultSearchPayloadBytes, "`NUMBER` of bytes of each input and output that can be looked into; 0: none")
	f.String("execution-log", "", "where the events go that state machines log: stdout or a `FILE` (default nowhere)")
	f.String("execution-log-size", defaultLogSize, "`SIZE` at which the next file of a log is begun; the last five are kept")
	f.String("status-changes", "", "where it is told that executions start and end: stdout, files and `URLS`, with commas between them")
	f.String("metrics", node.MetricsLocal, "`WHO` may read /metrics: local, all or off")
	f.String("trace-endpoint", "", "`URL` that OpenTelemetry traces go to, by OTLP over HTTP")
	f.String("s3-directory", "", "`DIRECTORY` whose folders are S3 buckets, too, beside those of the built-in S3 (default none)")
	f.String("service-endpoint", node.Embedded, "where AWS services are that tasks call: embedded, aws or a `URL`; the file may say it for each")
	f.Bool("auto-create", false, "make tables, queues, topics and buckets that tasks name and nobody has made, in the built-in services")
	f.String("http-allow", "", "`HOSTS`, addresses and networks of this machine and of private networks that http:invoke may call, with commas between them")
	f.String("pass-env", "", "`NAMES` of variables that functions get, with commas between them; AWS_* stands for all that begin so")
	f.String("function-user", "", "`USER` as whom functions run, where the server is root")
	f.Int("function-concurrency", 0, fmt.Sprintf("invocations of each function that run at once, a `NUMBER` (default %d, and %d of a URL)",
		function.DefaultConcurrency, function.DefaultURLConcurrency))
	addConfigFlags(c)
}

// addConfigFlags gives a command the flags about the configuration file, the place and the functions.
func addConfigFlags(c *cobra.Command) {
	c.Flags().String("region", defaultRegion, "AWS `REGION` of calls that are not signed for one")
	c.Flags().String("account", defaultAccount, "AWS `ACCOUNT` of calls, 12 digits")
	c.Flags().String("mock-config", "", "mock configuration `FILE` of Step Functions Local (default "+defaultMocks+" where there is one)")
	c.Flags().Float64("wait-time-scale", 1, "a `NUMBER` to multiply the times of Wait states and between attempts with; 0 skips them")
	c.Flags().String("lambda-endpoint", "", "`URL` of who has the Lambda functions (default: this process)")
	c.Flags().String("config", "", "configuration `FILE` (default "+defaultConfig+" where there is one)")
	c.Flags().StringArray("function", nil, "Lambda function as `NAME=COMMAND` or NAME=URL; may be repeated")
}

// loadConfig reads the settings of a command and checks them.
func loadConfig(c *cobra.Command) (*Config, error) {
	k := koanf.New("/")
	path, err := configFile(c)
	if err != nil {
		return nil, err
	}
	given := map[string]any{}
	c.Flags().Visit(func(f *pflag.Flag) {
		if _, ok := settings[f.Name]; ok {
			given[f.Name] = f.Value.String()
		}
	})
	load := func(p koanf.Provider, parser koanf.Parser) {
		if err == nil {
			err = k.Load(p, parser)
		}
	}
	load(confmap.Provider(settings, "/"), nil)
	load(confmap.Provider(localSettings(os.Getenv), "/"), nil)
	written := koanf.New("/") // what the file says
	if path != "" {
		load(file.Provider(path), yaml.Parser())
		if err == nil {
			err = written.Load(file.Provider(path), yaml.Parser())
		}
	}
	if err != nil {
		return nil, hint(exitUsage, fmt.Errorf("reading %s: %w", path, err), "mend the file, or name another one with --config")
	}
	flatten(k)
	flatten(written)
	load(env.Provider("/", env.Opt{Prefix: envPrefix, TransformFunc: setting}), nil)
	load(confmap.Provider(given, "/"), nil)
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	cfg := &Config{File: path, Shown: shownSettings(k, written, given)}
	if err := cfg.decode(k); err != nil {
		return nil, usage(err)
	}
	if err := cfg.addFunctions(c); err != nil {
		return nil, usage(err)
	}
	if err := cfg.addLimits(c); err != nil {
		return nil, usage(err)
	}
	if err := cfg.validate(); err != nil {
		return nil, usage(err)
	}
	return cfg, nil
}

// flatten takes settings of a file that stand in a section of their own, as "s3: directory: …", for those of that name.
func flatten(k *koanf.Koanf) {
	for key := range settings {
		section, name, _ := strings.Cut(key, "-")
		if in := section + "/" + name; k.Exists(in) {
			_ = k.Set(key, k.Get(in)) // it fails for names that are no keys
			k.Delete(in)
			if len(k.MapKeys(section)) == 0 {
				k.Delete(section)
			}
		}
	}
}

// configFile returns the file to read, "" when there is none.
func configFile(c *cobra.Command) (string, error) {
	path, _ := c.Flags().GetString("config")
	if path == "" {
		path = os.Getenv(envPrefix + "CONFIG")
	}
	if path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", usage(fmt.Errorf("reading the configuration: %w", err))
		}
		return path, nil
	}
	if _, err := os.Stat(defaultConfig); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return defaultConfig, nil
}

// setting translates a variable of the environment; "" for one that is no setting.
func setting(name, text string) (string, any) {
	key := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "_", "-")
	if _, ok := settings[key]; !ok {
		return "", nil
	}
	return key, text
}

// decode fills cfg in and refuses settings that do not exist.
func (cfg *Config) decode(k *koanf.Koanf) error {
	var seen mapstructure.Metadata
	err := k.UnmarshalWithConf("", cfg, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Result:           cfg,
		TagName:          "koanf",
		Metadata:         &seen,
		WeaklyTypedInput: true, // environment variables and YAML scalars
		DecodeHook: mapstructure.ComposeDecodeHookFunc(mapstructure.StringToTimeDurationHookFunc(),
			mapstructure.StringToSliceHookFunc(",")),
	}})
	var setting *mapstructure.DecodeError
	switch {
	case errors.As(err, &setting):
		return fmt.Errorf("%s: %s: %w", cfg.source(), setting.Name(), setting.Unwrap())
	case err != nil:
		return fmt.Errorf("%s: %w", cfg.source(), err)
	}
	for _, names := range [][]string{cfg.AllowedHosts, cfg.PassEnv, cfg.StatusChanges, cfg.HTTPAllow} {
		for i := range names { // "A, B" is how people write lists
			names[i] = strings.TrimSpace(names[i])
		}
	}
	if len(seen.Unused) > 0 {
		known := append(slices.Collect(maps.Keys(settings)), "functions", "jobs", "limit", "services")
		slices.Sort(known)
		slices.Sort(seen.Unused)
		if section, name, ok := strings.Cut(seen.Unused[0], "]."); ok { // services[sqs].endpont
			return fmt.Errorf("%s: %s has no setting %q; docs/configuration.md tells which there are", cfg.source(), strings.Replace(section, "[", ".", 1), name)
		}
		return fmt.Errorf("%s: there is no setting %q; the settings are %s", cfg.source(), seen.Unused[0], strings.Join(known, ", "))
	}
	return nil
}

// addLimits adds the limits of the command line; they go before those of the file.
func (cfg *Config) addLimits(c *cobra.Command) error {
	given, err := c.Flags().GetStringArray("limit")
	if err != nil {
		return nil // a command without limits
	}
	if cfg.Limit == nil {
		cfg.Limit = make(map[string]string)
	}
	for _, text := range given {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return fmt.Errorf("--limit %s: it has to be NAME=VALUE, such as payload-bytes=1MiB", text)
		}
		cfg.Limit[name] = value
	}
	return nil
}

// held returns the limits that the settings make.
func (cfg *Config) held() (limits.Limits, error) {
	l, err := limits.Preset(cmp.Or(cfg.Limits, "aws"))
	names := slices.Sorted(maps.Keys(cfg.Limit))
	slices.Reverse(names) // "rates", all of them, goes before "rate.…"
	for _, name := range names {
		if err == nil {
			err = l.Set(name, cfg.Limit[name])
		}
	}
	return l, err
}

// limitsText is the preset and what differs from it.
func (cfg *Config) limitsText() string {
	l, err := cfg.held()
	preset, none := limits.Preset(cfg.Limits)
	if err != nil || none != nil { // validate has seen it
		return cfg.Limits
	}
	return strings.Join(append([]string{cfg.Limits}, l.Differing(preset)...), ", ")
}

// addFunctions adds the functions of the command line; they go before those of the file.
func (cfg *Config) addFunctions(c *cobra.Command) error {
	given, err := c.Flags().GetStringArray("function")
	if err != nil {
		return nil // a command without functions
	}
	if cfg.Functions == nil {
		cfg.Functions = make(map[string]Function)
	}
	for _, text := range given {
		name, what, ok := strings.Cut(text, "=")
		if !ok || name == "" || strings.TrimSpace(what) == "" {
			return fmt.Errorf("--function %s: it has to be NAME=COMMAND or NAME=URL", text)
		}
		if strings.HasPrefix(what, "http://") || strings.HasPrefix(what, "https://") {
			cfg.Functions[name] = Function{URL: what}
			continue
		}
		words, err := splitWords(what)
		if err != nil {
			return fmt.Errorf("--function %s: %w", text, err)
		}
		here, err := os.Getwd()
		if err != nil {
			return fmt.Errorf("--function %s: %w", text, err)
		}
		cfg.Functions[name] = Function{Command: words, Dir: here}
	}
	return nil
}

var regionPattern = regexp.MustCompile(`^[a-z]{2,}(-[a-z0-9]+)+$`)

func (cfg *Config) validate() error {
	_, port, err := net.SplitHostPort(cfg.Listen)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return fmt.Errorf("listen is %q; it has to be HOST:PORT: %w", cfg.Listen, err)
	}
	if !arn.IsAccount(cfg.Account) {
		return fmt.Errorf("account is %q; it has to be 12 digits (in YAML, in quotes)", cfg.Account)
	}
	if !regionPattern.MatchString(cfg.Region) {
		return fmt.Errorf("region is %q; it has to be the name of an AWS region, such as us-east-1", cfg.Region)
	}
	if err := node.CheckHosts(cfg.AllowedHosts); err != nil {
		return err
	}
	if err := node.CheckSearch(cfg.Search, cfg.SearchPayloadBytes); err != nil {
		return err
	}
	if err := node.CheckConsole(cfg.Console); err != nil {
		return err
	}
	if who, err := cfg.auth(); err != nil {
		return err
	} else if err := who.Check(cfg.Listen); err != nil && cfg.Console != node.ConsoleOff {
		return err
	}
	if _, err := cfg.held(); err != nil {
		return err
	}
	t := cfg.telemetry()
	if err := t.Check(); err != nil {
		return err
	}
	if !(cfg.WaitTimeScale >= 0 && cfg.WaitTimeScale <= maxWaitTimeScale) { // NaN is neither
		return fmt.Errorf("wait-time-scale is %v; it has to be a number from 0 to %d", cfg.WaitTimeScale, maxWaitTimeScale)
	}
	if err := checkEndpoint(cfg.LambdaEndpoint); err != nil {
		return fmt.Errorf("lambda-endpoint is %q; it has to be a URL such as http://127.0.0.1:3001", cfg.LambdaEndpoint)
	}
	if err := cfg.checkServices(); err != nil {
		return err
	}
	for name, j := range cfg.Jobs {
		if len(j.Command) == 0 {
			return fmt.Errorf("jobs.%s has no command", name)
		}
	}
	if cfg.FunctionConcurrency < 0 {
		return fmt.Errorf("function-concurrency is %d; it has to be 1 or more", cfg.FunctionConcurrency)
	}
	if cfg.MaxClosed < 1 {
		return fmt.Errorf("max-closed is %d; it has to be 1 or more", cfg.MaxClosed)
	}
	if n, err := parseSize(cfg.Memory); err != nil || n < minMemory {
		return fmt.Errorf("memory is %q; it has to be a whole number of MB, GB, MiB or GiB, 64MB at least: 512MB, 2GiB", cfg.Memory)
	}
	if _, err := parseSize(cfg.ExecutionLogSize); err != nil {
		return fmt.Errorf("execution-log-size is %q; it has to be a whole number of MB, GB, MiB or GiB: 100MB", cfg.ExecutionLogSize)
	}
	if cfg.LogFormat != "text" && cfg.LogFormat != "json" {
		return fmt.Errorf("log-format is %q; it has to be text or json", cfg.LogFormat)
	}
	if err := new(slog.Level).UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		return fmt.Errorf("log-level is %q; it has to be debug, info, warn or error", cfg.LogLevel)
	}
	return nil
}

// keepExpress is how many Express executions a server in memory, or with a console, keeps for people to look at.
const keepExpress = 1000

// home is the place of a server that is not told another.
var home = arn.Place{Region: defaultRegion, Account: defaultAccount}

// node returns what a node is told.
func (cfg *Config) node() node.Config {
	n := node.Config{
		Listen: cfg.Listen, Data: cfg.Data, Place: arn.Place{Region: cfg.Region, Account: cfg.Account},
		AccountFromKey: cfg.AccountFromKey != nil && *cfg.AccountFromKey,
		MaxClosed:      cfg.MaxClosed, Memory: cfg.memory(), AllowedHosts: cfg.AllowedHosts, Console: cfg.Console, Telemetry: cfg.telemetry(),
		Search: cfg.Search, SearchPayloadBytes: cfg.SearchPayloadBytes,
		S3Directory: cfg.S3Directory, FunctionConcurrency: cfg.FunctionConcurrency, FunctionUser: cfg.FunctionUser, PassEnv: cfg.PassEnv,
		MockConfig: cfg.MockConfig, Delay: cfg.delay(),
		Services: cfg.services(), ServiceEndpoint: cfg.ServiceEndpoint, AutoCreate: cfg.AutoCreate != nil && *cfg.AutoCreate, HTTPAllow: cfg.HTTPAllow,
	}
	if cfg.SearchPayloadBytes == 0 {
		n.SearchPayloadBytes = -1
	}
	if cfg.Data == "" || cfg.Console != node.ConsoleOff {
		n.KeepExpress = keepExpress
	}
	if l, err := cfg.held(); err == nil { // validate has seen it
		n.Limits = &l
	}
	n.Auth, _ = cfg.auth() // validate has seen it
	n.Jobs = cfg.jobs()
	for _, name := range slices.Sorted(maps.Keys(cfg.Functions)) {
		n.Functions = append(n.Functions, cfg.declared(name, cfg.Functions[name]))
	}
	return n
}

// telemetry returns what a node is told of its telemetry.
func (cfg *Config) telemetry() node.Telemetry {
	size, err := parseSize(cfg.ExecutionLogSize)
	if err != nil { // validate tells
		size = 0
	}
	return node.Telemetry{
		ExecutionLog: cfg.ExecutionLog, LogBytes: size, StatusChanges: cfg.StatusChanges, Metrics: cfg.Metrics, TraceEndpoint: cfg.TraceEndpoint,
	}
}

// memory returns the setting in bytes.
func (cfg *Config) memory() int64 {
	n, err := parseSize(cfg.Memory)
	if err != nil { // of a command that has no such flag; validate has seen all others
		n, _ = parseSize(defaultMemory)
	}
	return n
}

// concurrency says how many invocations of a function run at once.
func (cfg *Config) concurrency() string {
	if cfg.FunctionConcurrency == 0 {
		return fmt.Sprintf("%d, and %d of a URL", function.DefaultConcurrency, function.DefaultURLConcurrency)
	}
	return strconv.Itoa(cfg.FunctionConcurrency)
}

// functionNames lists the functions for people to read.
func (cfg *Config) functionNames() string { return listed(slices.Sorted(maps.Keys(cfg.Functions))) }

// listed is a list for people to read.
func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// source names where the settings are, for messages.
func (cfg *Config) source() string {
	if cfg.File == "" {
		return "settings"
	}
	return cfg.File
}

// jobs returns the commands of jobs as the runner takes them.
func (cfg *Config) jobs() map[string]jobs.Command {
	commands := make(map[string]jobs.Command, len(cfg.Jobs))
	for name, j := range cfg.Jobs {
		dir := j.Dir
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(cfg.File), dir)
		}
		commands[name] = jobs.Command{Argv: j.Command, Dir: dir, Env: j.Env}
	}
	return commands
}

// declared returns a function of the configuration as the catalogue takes it.
func (cfg *Config) declared(name string, f Function) function.Function {
	dir := f.Dir
	if (dir != "" || len(f.Command) > 0) && !filepath.IsAbs(dir) {
		dir = filepath.Join(filepath.Dir(cfg.File), dir)
	}
	timeout := f.Timeout
	if timeout == 0 {
		timeout = defaultFunctionTimeout
	}
	return function.Function{
		Name: name, Runtime: f.Runtime, Handler: f.Handler, Timeout: timeout, MemoryMB: f.Memory, Env: f.Env, Concurrency: f.Concurrency,
		Code: function.Code{Command: f.Command, Dir: dir, URL: f.URL},
	}
}

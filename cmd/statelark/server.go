package main

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/console/auth"
	"github.com/statelark/statelark/node"
	"github.com/statelark/statelark/task/mock"
)

func newServer() *cobra.Command {
	c := &cobra.Command{
		Use:   "server",
		Short: "Run a server whose executions survive it",
		Long: `Runs a server that keeps everything in a directory. What was running when it ended, however it ended, goes
on when it starts again. Settings come from flags, from the environment (STATELARK_LISTEN for --listen) and from
a configuration file, in that order:

  listen: 127.0.0.1:8083
  data: /var/lib/statelark
  account: "000000000000"
  functions:
    resize: {command: [./resize, --fast], timeout: 30s}
    notify: {url: "http://127.0.0.1:9000/notify"}
    report: {dir: functions/report, runtime: python3.12, handler: app.handler, env: {STAGE: dev}}

The first SIGTERM or SIGINT stops it in order, the second at once.`,
		Example: `  statelark server
  statelark server --config /etc/statelark.yaml --check-config
  statelark server --listen 0.0.0.0:8083 --data /var/lib/statelark --log-format json`,
		Args: cobra.NoArgs,
		RunE: runServer,
	}
	addNodeFlags(c, defaultData, "`DIR` to keep everything in")
	c.Flags().Bool("check-config", false, "check the settings, print them and exit")
	return c
}

func runServer(c *cobra.Command, _ []string) error {
	cfg, err := loadConfig(c)
	if err != nil {
		return err
	}
	if cfg.Data == "" {
		return usage(fmt.Errorf(`data is ""; it has to name a directory (for a server in memory, use "statelark dev")`))
	}
	if check, _ := c.Flags().GetBool("check-config"); check {
		return checkConfig(c, cfg)
	}
	return serve(c, cfg, func(n *node.Node, log *slog.Logger) {
		log.Info("listening", "url", n.URL(), "data", cfg.Data, "region", cfg.Region, "account", cfg.Account,
			"functions", len(cfg.Functions), "version", buildVersion())
		tellSignIn(c.ErrOrStderr(), cfg, n, log)
	})
}

// tellSignIn says how its owner signs in to the console. The link is for people; logs in JSON are for programs, which keep them.
func tellSignIn(w io.Writer, cfg *Config, n *node.Node, log *slog.Logger) {
	switch link := n.SignIn(); {
	case link == "":
	case cfg.LogFormat == "json":
		log.Info("the console asks for the token in the file", "url", n.Console(), "file", filepath.Join(cfg.Data, auth.TokenFile))
	default:
		say(w, "console, with your token: %s\n", link)
	}
}

func onOff(on *bool) string {
	if on != nil && *on {
		return "on"
	}
	return "off"
}

// checkConfig prints the settings that hold, after a trial of everything that can be tried without starting.
func checkConfig(c *cobra.Command, cfg *Config) error {
	declared := cfg.node()
	if err := declared.CheckFunctions(); err != nil {
		return usage(fmt.Errorf("%s: %w", cfg.source(), err))
	}
	if cfg.MockConfig != "" {
		if _, err := mock.Open(cfg.MockConfig); err != nil {
			return usage(err)
		}
	}
	for _, line := range []struct{ name, value string }{
		{"config file", cmp.Or(cfg.File, "none")},
		{"listen", cfg.Listen},
		{"data", cfg.Data},
		{"region", cfg.Region},
		{"account", cfg.Account},
		{"account-from-key", onOff(cfg.AccountFromKey)},
		{"limits", cfg.limitsText()},
		{"log-format", cfg.LogFormat},
		{"log-level", cfg.LogLevel},
		{"memory", cfg.Memory},
		{"mock-config", cmp.Or(cfg.MockConfig, "none")},
		{"wait-time-scale", strconv.FormatFloat(cfg.WaitTimeScale, 'g', -1, 64)},
		{"lambda-endpoint", cmp.Or(cfg.LambdaEndpoint, "this server")},
		{"service-endpoint", cfg.ServiceEndpoint},
		{"services", cfg.serviceNames()},
		{"auto-create", onOff(cfg.AutoCreate)},
		{"http-allow", listed(cfg.HTTPAllow)},
		{"allowed-hosts", listed(cfg.AllowedHosts)},
		{"console", cfg.Console},
		{"console-auth", cfg.mode()},
		{"s3-directory", cmp.Or(cfg.S3Directory, "none")},
		{"execution-log", cmp.Or(cfg.ExecutionLog, "none")},
		{"execution-log-size", cfg.ExecutionLogSize},
		{"status-changes", listed(cfg.StatusChanges)},
		{"metrics", cfg.Metrics},
		{"trace-endpoint", cmp.Or(cfg.TraceEndpoint, "none")},
		{"functions", cfg.functionNames()},
		{"function-user", cmp.Or(cfg.FunctionUser, "the server's user")},
		{"function-concurrency", cfg.concurrency()},
		{"pass-env", listed(cfg.PassEnv)},
	} {
		if _, err := fmt.Fprintf(c.OutOrStdout(), "%-20s  %s\n", line.name, line.value); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), "ok")
	return err
}

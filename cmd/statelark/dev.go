package main

import (
	"cmp"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/node"
)

// devOn is account-from-key of dev, whose users know it from other emulators, and auto-create.
var devOn = true

func newDev() *cobra.Command {
	c := &cobra.Command{
		Use:   "dev",
		Short: "Run a server for development, in memory",
		Long: `Runs a server that keeps everything in memory and takes any credentials. With --data it keeps it in a
directory instead; the data setting of the configuration file is for "statelark server" and not heeded.`,
		Example: `  statelark dev
  statelark dev --listen 127.0.0.1:0 --function greet='python3 greet.py'
  aws stepfunctions list-state-machines --endpoint-url http://127.0.0.1:8083`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			if !c.Flags().Changed("data") {
				cfg.Data = ""
			}
			if cfg.AccountFromKey == nil {
				cfg.AccountFromKey = &devOn
			}
			if cfg.AutoCreate == nil {
				cfg.AutoCreate = &devOn
			}
			return serve(c, cfg, func(n *node.Node, _ *slog.Logger) { banner(c.ErrOrStderr(), cfg, n) })
		},
	}
	addNodeFlags(c, "", "`DIR` to keep everything in (default: nowhere)")
	c.Flags().Lookup("account-from-key").DefValue = "true"
	c.Flags().Lookup("auto-create").DefValue = "true"
	c.Flags().Int("max-closed", defaultMaxClosed, "closed `EXECUTIONS` to keep in memory; those that closed first are forgotten")
	return c
}

// banner tells whoever started a development server what to do with it.
func banner(w io.Writer, cfg *Config, n *node.Node) {
	keeps := "nothing: everything is in memory and gone when this process ends (--data DIR keeps it)"
	if cfg.Data != "" {
		keeps = "everything in " + cfg.Data
	}
	say(w, `Statelark %s

  console             %s
  AWS services        %s
  built in            %s
  tasks call          %s
  region, account     %s, %s
  keeps               %s
  functions           %s
  mocks               %s

To use it from another shell, paste this line:

  %s

%s

`, buildVersion(), cmp.Or(n.SignIn(), n.Console(), "off"), n.URL(), strings.Join(n.Services(), ", "), cfg.taskServices(), cfg.Region, cfg.Account, keeps, cfg.functionNames(), cmp.Or(cfg.MockConfig, "none"), n.Exports(), node.HostPrefixNote)
}

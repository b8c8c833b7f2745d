package main

import (
	"io"

	"github.com/spf13/cobra"
)

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
			return serve(c, cfg, func(n *Node) { banner(c.ErrOrStderr(), n) })
		},
	}
	addNodeFlags(c, "", "`DIR` to keep everything in (default: nowhere)")
	c.Flags().Int("max-closed", defaultMaxClosed, "closed `EXECUTIONS` to keep in memory; those that closed first are forgotten")
	return c
}

// banner tells whoever started a development server what to do with it.
func banner(w io.Writer, n *Node) {
	keeps := "nothing: everything is in memory and gone when this process ends (--data DIR keeps it)"
	if n.cfg.Data != "" {
		keeps = "everything in " + n.cfg.Data
	}
	say(w, `Statelark %s

  Step Functions API  %s
  Lambda API          %s
  region, account     %s, %s
  keeps               %s
  functions           %s

To use it from another shell, paste this line:

  %s

%s

`, buildVersion(), n.URL(), n.URL(), n.cfg.Region, n.cfg.Account, keeps, n.cfg.functionNames(), n.paste(), hostPrefixNote)
}

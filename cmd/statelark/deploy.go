package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/statelark/statelark/deploy"
	"github.com/statelark/statelark/value"
)

// deployOptions are the flags of deploy.
type deployOptions struct {
	remote
	stack      string
	parameters []string
	file       string // of parameters
	skip       []string
	replace    bool
	remove     bool
	dry        bool
}

func newDeploy() *cobra.Command {
	var o deployOptions
	c := &cobra.Command{
		Use:   "deploy TEMPLATE",
		Short: "Make what a CloudFormation template says",
		Long: `Makes on a server what a template of CloudFormation says, in JSON or YAML: what "cdk synth" writes, what the transform of
SAM gives, or what was written by hand. Files that it names (code of functions, definitions, scripts, assets of the CDK) are
taken from beside it.

What a stack has made is kept on the server. A second deployment shows what differs and changes that alone; what is gone from
the template is deleted. What cannot be made here is named, and nothing is changed then. Permissions are not needed and left
out. docs/deploy.md lists the types of resources.`,
		Example: `  cdk synth && statelark deploy cdk.out/Shop.template.json
  statelark deploy template.yaml --parameter Stage=dev --dry-run
  statelark deploy template.yaml --delete`,
		Args: cobra.ExactArgs(1),
	}
	c.RunE = calling(&o.remote, func(ctx context.Context, s *session, args []string) error { return deployTemplate(ctx, s, args[0], &o) })
	f := c.Flags()
	f.StringVar(&o.stack, "stack", "", "`NAME` of the stack (default: made of the template's)")
	f.StringArrayVar(&o.parameters, "parameter", nil, "value of a parameter, as `NAME=VALUE`; may be repeated")
	f.StringVar(&o.file, "parameters", "", "`FILE` with such values: an object, or a list as CloudFormation has it")
	f.StringArrayVar(&o.skip, "skip", nil, "`RESOURCE` or type to leave out; may be repeated")
	f.BoolVar(&o.replace, "replace", false, "replace tables, queues and buckets as well where a change asks for it; what they hold is lost")
	f.BoolVar(&o.remove, "delete", false, "delete the stack")
	f.BoolVar(&o.dry, "dry-run", false, "show what would be done, and do nothing")
	addRemoteFlags(c, &o.remote)
	return c
}

func deployTemplate(ctx context.Context, s *session, path string, o *deployOptions) error {
	if s.IsAWS() {
		return usage(errors.New("deploy is for servers that are not AWS; there, cdk deploy or aws cloudformation deploy do it"))
	}
	d := &deploy.Deployment{Stack: o.stack, Skip: o.skip, Replace: o.replace}
	if o.stack == "" {
		d.Stack = stackName(path)
	}
	if !stackPattern.MatchString(d.Stack) {
		return usage(fmt.Errorf("the stack is called %q; it has to be letters, digits and hyphens, and begin with a letter", d.Stack))
	}
	var err error
	if !o.remove {
		var file *fs.PathError
		if d.Template, err = deploy.ReadTemplate(path); errors.As(err, &file) {
			return usage(err)
		} else if err != nil {
			return hint(exitInvalid, err, "mend the template")
		}
	}
	if d.Parameters, err = o.values(); err != nil {
		return usage(err)
	}
	if d.Caller, d.Place, err = s.Services(ctx); err != nil {
		return err
	}
	p, err := d.Plan(ctx)
	var wrong deploy.Problems
	if errors.As(err, &wrong) {
		return hint(exitInvalid, err, "nothing was changed; mend the template, or leave resources out with --skip")
	}
	if err != nil {
		return err
	}
	return s.deploy(ctx, d, p, o.dry)
}

// deploy shows the plan and carries it out.
func (s *session) deploy(ctx context.Context, d *deploy.Deployment, p *deploy.Plan, dry bool) error {
	out := &planPrinter{w: s.c.ErrOrStderr()}
	if dry {
		if s.asJSON {
			return s.printJSON(planDocument(d, p, value.Value{}))
		}
		out.w = s.c.OutOrStdout()
		out.plan(d, p, s.URL())
		return nil
	}
	out.plan(d, p, s.URL())
	outputs, err := p.Execute(ctx, out.done)
	if err != nil {
		return hint(exitFailed, err, "mend what it says, and deploy again: it goes on from there")
	}
	if s.asJSON {
		return s.printJSON(planDocument(d, p, outputs))
	}
	for _, m := range outputs.Members() {
		text := m.Value.Compact()
		if m.Value.Kind() == value.String {
			text = m.Value.Str()
		}
		if _, err := fmt.Fprintf(s.c.OutOrStdout(), "%s=%s\n", m.Key, text); err != nil {
			return fmt.Errorf("printing the outputs: %w", err)
		}
	}
	return nil
}

var (
	stackPattern   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)
	templateSuffix = regexp.MustCompile(`(\.template)?\.(json|ya?ml|template)$`)
)

// stackName makes a name of the path of a template: "cdk.out/Shop.template.json" is Shop, "orders/template.yaml" orders.
func stackName(path string) string {
	name := templateSuffix.ReplaceAllString(filepath.Base(path), "")
	if name == "template" || name == "packaged" {
		if whole, err := filepath.Abs(path); err == nil {
			name = filepath.Base(filepath.Dir(whole))
		}
	}
	return strings.Trim(strings.ReplaceAll(notInName.ReplaceAllString(name, "-"), "_", "-"), "-")
}

// values are the parameters of the flags; those of --parameter go before those of the file.
func (o *deployOptions) values() (map[string]string, error) {
	values := map[string]string{}
	if o.file != "" {
		var err error
		if values, err = readParameters(o.file); err != nil {
			return nil, fmt.Errorf("--parameters %s: %w", o.file, err)
		}
	}
	for _, text := range o.parameters {
		name, v, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--parameter %s: it has to be NAME=VALUE", text)
		}
		values[name] = v
	}
	return values, nil
}

// readParameters reads a file of parameters: an object, one under the name Parameters, or a list of ParameterKey and ParameterValue.
func readParameters(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []struct {
		Key   string `yaml:"ParameterKey"`
		Value string `yaml:"ParameterValue"`
	}
	values := map[string]string{}
	if yaml.Unmarshal(text, &list) == nil {
		for _, p := range list {
			values[p.Key] = p.Value
		}
		return values, nil
	}
	var under struct {
		Parameters map[string]string `yaml:"Parameters"`
	}
	if yaml.Unmarshal(text, &under) == nil && under.Parameters != nil {
		return under.Parameters, nil
	}
	return readSubstitutions(path)
}

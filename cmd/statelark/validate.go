package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/task/aws"
)

func newValidate() *cobra.Command {
	var asJSON bool
	var machineType string
	c := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Print everything that is wrong with definitions",
		Long: `Checks definitions in JSON or YAML ("-": standard input) as CreateStateMachine does and prints every finding as

  FILE:LINE:COLUMN: SEVERITY CODE: TEXT (LOCATION)

The exit code is 3 when one of them is an error.`,
		Example: `  statelark validate order.asl.json
  statelark validate --subst-file values.yaml template.asl.yaml
  statelark validate --json *.asl.json | jq .diagnostics`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			o := asl.Options{Type: strings.ToUpper(machineType), Services: aws.Services{}}
			if o.Type != "STANDARD" && o.Type != "EXPRESS" {
				return usage(fmt.Errorf("--type is %q; it has to be STANDARD or EXPRESS", machineType))
			}
			values, err := substitutions(c)
			if err != nil {
				return err
			}
			var all []*definition
			var unread []error
			for _, path := range files {
				d, err := readDefinition(path, c.InOrStdin(), values, o)
				if err != nil {
					unread = append(unread, err)
					continue
				}
				all = append(all, d)
			}
			err = validate(c, all, asJSON)
			if len(unread) > 0 {
				return usage(errors.Join(unread...))
			}
			return err
		},
	}
	addSubstFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "as one JSON document")
	c.Flags().StringVar(&machineType, "type", "STANDARD", "`TYPE` of the state machine: STANDARD or EXPRESS")
	return c
}

// validate prints the findings of all and sums them up.
func validate(c *cobra.Command, all []*definition, asJSON bool) error {
	invalid := 0
	for _, d := range all {
		if d.invalid() {
			invalid++
		}
	}
	if asJSON {
		if err := printFindings(c.OutOrStdout(), all, invalid == 0); err != nil {
			return err
		}
	} else {
		for _, d := range all {
			d.print(c.OutOrStdout())
		}
		say(c.ErrOrStderr(), "%s checked, %d invalid\n", count(len(all), "definition"), invalid)
	}
	if invalid > 0 {
		return &failure{code: exitInvalid}
	}
	return nil
}

// found is a diagnostic in the JSON of "validate --json".
type found struct {
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}

func printFindings(w io.Writer, all []*definition, valid bool) error {
	document := struct {
		Valid       bool    `json:"valid"`
		Diagnostics []found `json:"diagnostics"`
	}{valid, []found{}}
	for _, d := range all {
		for _, f := range d.found {
			document.Diagnostics = append(document.Diagnostics,
				found{d.path, f.Line, f.Column, string(f.Severity), f.Code, f.Message, f.Location})
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(document)
}

// count puts a number before a noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

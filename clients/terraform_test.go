package clients

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/statelark/statelark/servertest"
)

// testTerraform makes the calls of Terraform's provider for AWS, in its order, for its three resources of Step Functions: plan
// (which validates), create, read, a plan that finds nothing to do, update, read, delete, and waiting until it is gone.
func testTerraform(t *testing.T, binary string) {
	p := &provider{t, servertest.StartBinary(t, binary).Client()}
	first := `{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}`
	second := `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 2, "End": true}}}`
	machine := p.createMachine("orders", first)
	version := p.readMachine(machine, "orders", first, map[string]string{"team": "shop"})
	alias := p.createAlias(version)
	activity := p.createActivity()

	p.updateMachine(machine, second)
	next := p.readMachine(machine, "orders", second, map[string]string{"team": "store", "stage": "dev"})
	if next == version {
		t.Errorf("an update with publish leaves the version at %s", version)
	}
	p.updateAlias(alias, next)

	p.deleteActivity(activity)
	p.deleteAlias(alias)
	p.deleteMachine(machine)
	again := p.createMachine("orders", first) // terraform apply -replace
	p.deleteMachine(again)
}

// provider makes the calls.
type provider struct {
	*testing.T
	client *sfn.Client
}

// validate is what a plan does with a definition.
func (p *provider) validate(definition string) {
	p.Helper()
	out := must(p.client.ValidateStateMachineDefinition(p.Context(), &sfn.ValidateStateMachineDefinitionInput{
		Definition: &definition, Type: types.StateMachineTypeStandard,
	}))(p.T)
	if out.Result != types.ValidateStateMachineDefinitionResultCodeOk {
		p.Errorf("the definition is %s: %v", out.Result, out.Diagnostics)
	}
}

func (p *provider) createMachine(name, definition string) string {
	p.Helper()
	p.validate(definition)
	in := &sfn.CreateStateMachineInput{
		Name: &name, Definition: &definition, RoleArn: aws.String(roleARN), Type: types.StateMachineTypeStandard, Publish: true,
		Tags:                 []types.Tag{{Key: aws.String("team"), Value: aws.String("shop")}},
		LoggingConfiguration: &types.LoggingConfiguration{Level: types.LogLevelOff},
		TracingConfiguration: &types.TracingConfiguration{Enabled: false},
	}
	made, err := p.client.CreateStateMachine(p.Context(), in)
	for end := time.Now().Add(time.Minute); deleting(err) && time.Now().Before(end); { // as the provider does
		made, err = p.client.CreateStateMachine(p.Context(), in)
	}
	if err != nil {
		p.Fatal(err)
	}
	if aws.ToString(made.StateMachineVersionArn) != *made.StateMachineArn+":1" {
		p.Errorf("it published %s", aws.ToString(made.StateMachineVersionArn))
	}
	return *made.StateMachineArn
}

func deleting(err error) bool {
	var d *types.StateMachineDeleting
	return errors.As(err, &d)
}

// readMachine reads a state machine back, as a refresh does, and returns its newest version. What it reads has to be what was
// set: otherwise each plan would find a difference.
func (p *provider) readMachine(machine, name, definition string, tags map[string]string) string {
	p.Helper()
	out := must(p.client.DescribeStateMachine(p.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &machine}))(p.T)
	got := map[string]any{
		"name": *out.Name, "definition": *out.Definition, "role": *out.RoleArn, "type": out.Type, "status": out.Status,
		"level": out.LoggingConfiguration.Level, "data": out.LoggingConfiguration.IncludeExecutionData,
		"destinations": len(out.LoggingConfiguration.Destinations), "tracing": out.TracingConfiguration.Enabled,
	}
	want := map[string]any{
		"name": name, "definition": definition, "role": roleARN, "type": types.StateMachineTypeStandard, "status": types.StateMachineStatusActive,
		"level": types.LogLevelOff, "data": false, "destinations": 0, "tracing": false,
	}
	if !reflect.DeepEqual(got, want) {
		p.Errorf("it reads %v, want %v", got, want)
	}
	if out.CreationDate.IsZero() || time.Since(*out.CreationDate) > time.Hour {
		p.Errorf("it was created at %v", out.CreationDate)
	}
	p.readTags(machine, tags)
	versions := must(p.client.ListStateMachineVersions(p.Context(), &sfn.ListStateMachineVersionsInput{StateMachineArn: &machine, MaxResults: 1}))(p.T)
	if len(versions.StateMachineVersions) != 1 {
		p.Fatalf("the newest version is %v", versions.StateMachineVersions)
	}
	return *versions.StateMachineVersions[0].StateMachineVersionArn
}

func (p *provider) readTags(resource string, want map[string]string) {
	p.Helper()
	list := must(p.client.ListTagsForResource(p.Context(), &sfn.ListTagsForResourceInput{ResourceArn: &resource}))(p.T)
	got := map[string]string{}
	for _, tag := range list.Tags {
		got[*tag.Key] = *tag.Value
	}
	if !reflect.DeepEqual(got, want) {
		p.Errorf("%s has the tags %v, want %v", resource, got, want)
	}
}

// updateMachine updates a state machine, looks until the update is seen, and sets tags.
func (p *provider) updateMachine(machine, definition string) {
	p.Helper()
	p.validate(definition)
	must(p.client.UpdateStateMachine(p.Context(), &sfn.UpdateStateMachineInput{
		StateMachineArn: &machine, Definition: &definition, RoleArn: aws.String(roleARN), Publish: true,
		LoggingConfiguration: &types.LoggingConfiguration{Level: types.LogLevelOff},
		TracingConfiguration: &types.TracingConfiguration{Enabled: false},
	}))(p.T)
	out := must(p.client.DescribeStateMachine(p.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &machine}))(p.T)
	if !sameJSON(*out.Definition, definition) {
		p.Errorf("after the update it reads %s", *out.Definition)
	}
	must(p.client.UntagResource(p.Context(), &sfn.UntagResourceInput{ResourceArn: &machine, TagKeys: []string{"team"}}))(p.T)
	must(p.client.TagResource(p.Context(), &sfn.TagResourceInput{ResourceArn: &machine, Tags: []types.Tag{
		{Key: aws.String("team"), Value: aws.String("store")}, {Key: aws.String("stage"), Value: aws.String("dev")},
	}}))(p.T)
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// deleteMachine deletes a state machine and looks until it is gone.
func (p *provider) deleteMachine(machine string) {
	p.Helper()
	must(p.client.DeleteStateMachine(p.Context(), &sfn.DeleteStateMachineInput{StateMachineArn: &machine}))(p.T)
	for end := time.Now().Add(time.Minute); ; {
		out, err := p.client.DescribeStateMachine(p.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &machine})
		switch {
		case err != nil:
			mustBe[*types.StateMachineDoesNotExist](p.T, err)
			return
		case out.Status != types.StateMachineStatusDeleting:
			p.Errorf("after its deletion it is %s", out.Status)
		case time.Now().After(end):
			p.Fatal("it is not gone after a minute")
		}
	}
}

func (p *provider) createAlias(version string) string {
	p.Helper()
	made := must(p.client.CreateStateMachineAlias(p.Context(), &sfn.CreateStateMachineAliasInput{
		Name: aws.String("live"), Description: aws.String("what is live"), RoutingConfiguration: route(version),
	}))(p.T)
	p.readAlias(*made.StateMachineAliasArn, version)
	return *made.StateMachineAliasArn
}

func route(version string) []types.RoutingConfigurationListItem {
	return []types.RoutingConfigurationListItem{{StateMachineVersionArn: &version, Weight: 100}}
}

func (p *provider) readAlias(alias, version string) {
	p.Helper()
	out := must(p.client.DescribeStateMachineAlias(p.Context(), &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: &alias}))(p.T)
	if *out.Name != "live" || *out.Description != "what is live" || !reflect.DeepEqual(out.RoutingConfiguration, route(version)) {
		p.Errorf("the alias reads %s, %s, %v", *out.Name, *out.Description, out.RoutingConfiguration)
	}
}

func (p *provider) updateAlias(alias, version string) {
	p.Helper()
	must(p.client.UpdateStateMachineAlias(p.Context(), &sfn.UpdateStateMachineAliasInput{
		StateMachineAliasArn: &alias, Description: aws.String("what is live"), RoutingConfiguration: route(version),
	}))(p.T)
	p.readAlias(alias, version)
}

func (p *provider) deleteAlias(alias string) {
	p.Helper()
	must(p.client.DeleteStateMachineAlias(p.Context(), &sfn.DeleteStateMachineAliasInput{StateMachineAliasArn: &alias}))(p.T)
	_, err := p.client.DescribeStateMachineAlias(p.Context(), &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: &alias})
	mustBe[*types.ResourceNotFound](p.T, err)
}

func (p *provider) createActivity() string {
	p.Helper()
	made := must(p.client.CreateActivity(p.Context(), &sfn.CreateActivityInput{
		Name: aws.String("approve"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("shop")}},
	}))(p.T)
	out := must(p.client.DescribeActivity(p.Context(), &sfn.DescribeActivityInput{ActivityArn: made.ActivityArn}))(p.T)
	if *out.Name != "approve" || *out.ActivityArn != *made.ActivityArn || !out.CreationDate.Equal(*made.CreationDate) {
		p.Errorf("the activity reads %s, %s, %v", *out.Name, *out.ActivityArn, out.CreationDate)
	}
	p.readTags(*made.ActivityArn, map[string]string{"team": "shop"})
	return *made.ActivityArn
}

func (p *provider) deleteActivity(activity string) {
	p.Helper()
	must(p.client.DeleteActivity(p.Context(), &sfn.DeleteActivityInput{ActivityArn: &activity}))(p.T)
	_, err := p.client.DescribeActivity(p.Context(), &sfn.DescribeActivityInput{ActivityArn: &activity})
	mustBe[*types.ActivityDoesNotExist](p.T, err)
}

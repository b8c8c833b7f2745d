package main

import (
	"strings"
	"testing"

	"github.com/statelark/statelark/node"
)

func TestServicesOfTheConfiguration(t *testing.T) {
	cfg := &Config{ServiceEndpoint: "aws", Services: map[string]Service{
		"dynamodb": {Endpoint: "http://127.0.0.1:8000", Region: "eu-west-1"}, "eventbridge": {Endpoint: "embedded"}, "sfn": {Role: "r"},
	}}
	if err := cfg.checkServices(); err != nil {
		t.Fatal(err)
	}
	got := cfg.services()
	for name, want := range map[string]node.Service{
		"dynamodb": {Endpoint: "http://127.0.0.1:8000", Region: "eu-west-1"}, "events": {Endpoint: "embedded"}, "stepfunctions": {Role: "r"},
	} {
		if got[name] != want {
			t.Errorf("%s is %+v, want %+v", name, got[name], want)
		}
	}
}

func TestServicesThatAreRefused(t *testing.T) {
	for why, cfg := range map[string]*Config{
		`service-endpoint is "here"`:                   {ServiceEndpoint: "here"},
		"services.dynamo: AWS has no service":          {Services: map[string]Service{"dynamo": {}}},
		`services.sqs.endpoint is "127.0.0.1:9324"`:    {Services: map[string]Service{"sqs": {Endpoint: "127.0.0.1:9324"}}},
		`http-allow: "10.0.0.0/99" is no host`:         {HTTPAllow: []string{"10.0.0.0/99"}},
		`services.sqs.region is "Dublin"`:              {Services: map[string]Service{"sqs": {Region: "Dublin"}}},
		`services.sqs.account is "12"; it has to be 1`: {Services: map[string]Service{"sqs": {Account: "12"}}},
	} {
		if err := cfg.checkServices(); err == nil || !strings.HasPrefix(err.Error(), why) {
			t.Errorf("%v, want %s…", err, why)
		}
	}
}

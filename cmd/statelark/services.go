package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/node"
)

// serviceModel finds a service by the name that the AWS CLI has for it, or the one that aws-sdk: has in a definition.
func serviceModel(name string) *model.Service {
	if s := model.Load(name); s != nil {
		return s
	}
	return model.ByTask(name)
}

// checkServices checks where services are said to be.
func (cfg *Config) checkServices() error {
	if err := node.CheckEndpoint(cfg.ServiceEndpoint); err != nil {
		return fmt.Errorf("service-endpoint is %q; %w", cfg.ServiceEndpoint, err)
	}
	if err := node.CheckHTTPAllow(cfg.HTTPAllow); err != nil {
		return fmt.Errorf("http-allow: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Services)) {
		s := cfg.Services[name]
		if serviceModel(name) == nil {
			return fmt.Errorf("services.%s: AWS has no service of that name; it is the one of the AWS CLI, such as dynamodb", name)
		}
		if err := node.CheckEndpoint(s.Endpoint); err != nil {
			return fmt.Errorf("services.%s.endpoint is %q; %w", name, s.Endpoint, err)
		}
		if s.Region != "" && !regionPattern.MatchString(s.Region) {
			return fmt.Errorf("services.%s.region is %q; it has to be the name of an AWS region, such as us-east-1", name, s.Region)
		}
		if s.Account != "" && !arn.IsAccount(s.Account) {
			return fmt.Errorf("services.%s.account is %q; it has to be 12 digits (in YAML, in quotes)", name, s.Account)
		}
	}
	return nil
}

// serviceNames lists what is said of services for people to read.
func (cfg *Config) serviceNames() string {
	var said []string
	for _, name := range slices.Sorted(maps.Keys(cfg.Services)) {
		said = append(said, name+" "+cmp.Or(cfg.Services[name].Endpoint, cfg.ServiceEndpoint))
	}
	return listed(said)
}

// taskServices says which services the tasks of a server call.
func (cfg *Config) taskServices() string {
	all := cfg.ServiceEndpoint
	if all == node.Embedded {
		all = "those built in"
	}
	if len(cfg.Services) == 0 {
		return all
	}
	return all + "; " + cfg.serviceNames()
}

// services are those of the configuration, by the names that the model has for them.
func (cfg *Config) services() map[string]node.Service {
	services := make(map[string]node.Service, len(cfg.Services))
	for name, s := range cfg.Services {
		if m := serviceModel(name); m != nil { // validate has seen it
			services[m.Name] = node.Service(s)
		}
	}
	if cfg.LambdaEndpoint != "" {
		lambda := services["lambda"]
		lambda.Endpoint = cfg.LambdaEndpoint
		services["lambda"] = lambda
	}
	return services
}

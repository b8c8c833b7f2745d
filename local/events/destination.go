package events

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// apiDestination is an endpoint that is called over HTTP. Times are Unix ms.
type apiDestination struct {
	Name        string `json:"name"`
	ID          string `json:"id"`
	Description string `json:"description,omitempty"`
	Connection  string `json:"connection"` // ARN
	Endpoint    string `json:"endpoint"`
	Method      string `json:"method"`
	Rate        int    `json:"rate"` // a second; told, and not enforced
	Created     int64  `json:"created"`
	Modified    int64  `json:"modified"`
}

const usualRate = 300

type apiDestinationInput struct {
	pageInput
	Name               string
	Description        *string
	ConnectionArn      string
	InvocationEndpoint string
	HTTPMethod         string `json:"HttpMethod"`
	Rate               int    `json:"InvocationRateLimitPerSecond"`
}

type apiDestinationOutput struct {
	Arn                string  `json:"ApiDestinationArn"`
	Name               string  `json:",omitempty"`
	Description        string  `json:",omitempty"`
	State              string  `json:"ApiDestinationState"`
	ConnectionArn      string  `json:",omitempty"`
	InvocationEndpoint string  `json:",omitempty"`
	HTTPMethod         string  `json:"HttpMethod,omitempty"`
	Rate               int     `json:"InvocationRateLimitPerSecond,omitempty"`
	CreationTime       float64 `json:",omitempty"`
	LastModifiedTime   float64 `json:",omitempty"`
}

// connectionOf returns the connection of an ARN, nil when there is none.
func (s *Service) connectionOf(name string) (*connection, error) {
	a, _ := arn.Parse(name)
	parts := strings.Split(a.Resource, "/")
	if len(parts) < 2 {
		return nil, nil
	}
	return s.connections.Get(a.Place(), parts[1])
}

// changed is what is answered to a change. A destination is active while its connection is authorized.
func (s *Service) changed(at arn.Place, x *apiDestination) (*apiDestinationOutput, error) {
	c, err := s.connectionOf(x.Connection)
	if err != nil {
		return nil, err
	}
	state := "INACTIVE"
	if c != nil && c.state(s.o.Now()) == "AUTHORIZED" {
		state = "ACTIVE"
	}
	return &apiDestinationOutput{Arn: at.ARN("events", "api-destination/"+x.Name+"/"+x.ID), State: state, CreationTime: seconds(x.Created), LastModifiedTime: seconds(x.Modified)}, nil
}

func (s *Service) described(at arn.Place, x *apiDestination) (*apiDestinationOutput, error) {
	out, err := s.changed(at, x)
	if err == nil {
		out.Name, out.ConnectionArn, out.InvocationEndpoint, out.HTTPMethod, out.Rate = x.Name, x.Connection, x.Endpoint, x.Method, x.Rate
	}
	return out, err
}

func (s *Service) createAPIDestination(_ context.Context, r *awswire.Request, in *apiDestinationInput) (*apiDestinationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.destinations.Get(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	if old != nil {
		return nil, exists("An api-destination '%s' already exists.", in.Name)
	}
	now := s.o.Now().UnixMilli()
	return s.setAPIDestination(r.Place, &apiDestination{Name: in.Name, ID: uuid.NewString(), Rate: usualRate, Created: now}, in)
}

// setAPIDestination gives a destination what a request says, and stores it.
func (s *Service) setAPIDestination(at arn.Place, x *apiDestination, in *apiDestinationInput) (*apiDestinationOutput, error) {
	if in.ConnectionArn != "" {
		c, err := s.connectionOf(in.ConnectionArn)
		if err != nil {
			return nil, err
		}
		if c == nil {
			return nil, notFound("Connection '%s' does not exist.", in.ConnectionArn)
		}
		x.Connection = in.ConnectionArn
	}
	if in.Description != nil {
		x.Description = *in.Description
	}
	if in.InvocationEndpoint != "" {
		x.Endpoint = in.InvocationEndpoint
	}
	if in.HTTPMethod != "" {
		x.Method = in.HTTPMethod
	}
	if in.Rate != 0 {
		x.Rate = in.Rate
	}
	x.Modified = s.o.Now().UnixMilli()
	if err := s.destinations.Save(x, at, x.Name); err != nil {
		return nil, err
	}
	return s.changed(at, x)
}

func (s *Service) destinationAt(at arn.Place, name string) (*apiDestination, error) {
	x, err := s.destinations.Get(at, name)
	if err == nil && x == nil {
		err = notFound("Failed to describe the api-destination(s). An api-destination '%s' does not exist.", name)
	}
	return x, err
}

func (s *Service) updateAPIDestination(_ context.Context, r *awswire.Request, in *apiDestinationInput) (*apiDestinationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.destinationAt(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	return s.setAPIDestination(r.Place, x, in)
}

func (s *Service) deleteAPIDestination(_ context.Context, r *awswire.Request, in *apiDestinationInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.destinationAt(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	var b kv.Batch
	s.destinations.Delete(&b, r.Place, x.Name)
	return nil, s.o.Store.Apply(&b)
}

func (s *Service) describeAPIDestination(_ context.Context, r *awswire.Request, in *apiDestinationInput) (*apiDestinationOutput, error) {
	x, err := s.destinationAt(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	out, err := s.described(r.Place, x)
	if err != nil {
		return nil, err
	}
	out.Description = x.Description
	return out, nil
}

type apiDestinationsOutput struct {
	Destinations []*apiDestinationOutput `json:"ApiDestinations"`
	NextToken    string                  `json:",omitempty"`
}

func (s *Service) listAPIDestinations(_ context.Context, r *awswire.Request, in *apiDestinationInput) (*apiDestinationsOutput, error) {
	out := &apiDestinationsOutput{Destinations: []*apiDestinationOutput{}}
	for x, err := range s.destinations.All(r.Place) {
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(x.Name, in.NamePrefix) || in.ConnectionArn != "" && in.ConnectionArn != x.Connection {
			continue
		}
		d, err := s.described(r.Place, x)
		if err != nil {
			return nil, err
		}
		out.Destinations = append(out.Destinations, d)
	}
	var err error
	out.Destinations, out.NextToken, err = page(out.Destinations, in.pageInput)
	return out, err
}

package logs

import (
	"context"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// destination is a destination of subscriptions. Nothing is delivered to it: what it leads to is not here.
type destination struct {
	Name    string            `json:"name"`
	Target  string            `json:"target"`
	Role    string            `json:"role"`
	Policy  string            `json:"policy,omitempty"`
	Created int64             `json:"created"`
	Tags    map[string]string `json:"tags,omitempty"`
}

type destinationInput struct {
	pageInput
	Name   string            `json:"destinationName"`
	Target string            `json:"targetArn"`
	Role   string            `json:"roleArn"`
	Policy string            `json:"accessPolicy"`
	Tags   map[string]string `json:"tags"`
	Prefix string            `json:"DestinationNamePrefix"`
}

type destinationShape struct {
	Name    string `json:"destinationName"`
	Target  string `json:"targetArn"`
	Role    string `json:"roleArn"`
	Policy  string `json:"accessPolicy,omitempty"`
	ARN     string `json:"arn"`
	Created int64  `json:"creationTime"`
}

func (d *destination) shape(at arn.Place) *destinationShape {
	return &destinationShape{d.Name, d.Target, d.Role, d.Policy, at.ARN("logs", "destination:"+d.Name), d.Created}
}

type destinationOutput struct {
	Destination *destinationShape `json:"destination"`
}

func (s *Service) putDestination(_ context.Context, r *awswire.Request, in *destinationInput) (*destinationOutput, error) {
	if in.Name == "" || len(in.Name) > maxName || strings.ContainsAny(in.Name, ":*") {
		return nil, constraint(in.Name, "destinationName", "Member must satisfy regular expression pattern: [^:*]*")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.destinations.Get(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	if d == nil {
		d = &destination{Name: in.Name, Created: ms(s.o.Now())}
	}
	d.Target, d.Role = in.Target, in.Role
	if in.Tags != nil {
		d.Tags = in.Tags
	}
	return &destinationOutput{d.shape(r.Place)}, s.destinations.Save(d, r.Place, d.Name)
}

// destination returns the destination of a name.
func (s *Service) destination(at arn.Place, name string) (*destination, error) {
	d, err := s.destinations.Get(at, name)
	if err == nil && d == nil {
		err = notFound("destination")
	}
	return d, err
}

func (s *Service) putDestinationPolicy(_ context.Context, r *awswire.Request, in *destinationInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.destination(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	d.Policy = in.Policy
	return nil, s.destinations.Save(d, r.Place, d.Name)
}

type destinationsOutput struct {
	Destinations []*destinationShape `json:"destinations"`
	NextToken    string              `json:"nextToken,omitempty"`
}

func (s *Service) describeDestinations(_ context.Context, r *awswire.Request, in *destinationInput) (*destinationsOutput, error) {
	out := &destinationsOutput{Destinations: []*destinationShape{}}
	for d, err := range s.destinations.All(r.Place) {
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(d.Name, in.Prefix) {
			out.Destinations = append(out.Destinations, d.shape(r.Place))
		}
	}
	var err error
	out.Destinations, out.NextToken, err = page(out.Destinations, in.NextToken, in.Limit, 50)
	return out, err
}

func (s *Service) deleteDestination(_ context.Context, r *awswire.Request, in *destinationInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.destination(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	var b kv.Batch
	s.destinations.Delete(&b, r.Place, d.Name)
	return nil, s.o.Store.Apply(&b)
}

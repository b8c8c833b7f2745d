package logs

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// deliveryDestination is where logs of other services may be delivered to. There are no such logs here: sources and
// deliveries cannot be made.
type deliveryDestination struct {
	Name   string            `json:"name"`
	Target string            `json:"target"`
	Format string            `json:"format,omitempty"`
	Policy string            `json:"policy,omitempty"`
	Tags   map[string]string `json:"tags,omitempty"`
}

type deliveryConfiguration struct {
	Resource string `json:"destinationResourceArn"`
}

type deliveryInput struct {
	pageInput
	Name          string                `json:"name"`
	Format        string                `json:"outputFormat"`
	Configuration deliveryConfiguration `json:"deliveryDestinationConfiguration"`
	Tags          map[string]string     `json:"tags"`
	Of            string                `json:"deliveryDestinationName"`
	Policy        string                `json:"deliveryDestinationPolicy"`
}

type deliveryShape struct {
	Name          string                `json:"name"`
	ARN           string                `json:"arn"`
	Type          string                `json:"deliveryDestinationType"`
	Format        string                `json:"outputFormat,omitempty"`
	Configuration deliveryConfiguration `json:"deliveryDestinationConfiguration"`
	Tags          map[string]string     `json:"tags,omitempty"`
}

// deliveryTypes are the kinds of destination by the service of their ARN.
var deliveryTypes = map[string]string{"s3": "S3", "logs": "CWL", "firehose": "FH", "xray": "XRAY"}

func (d *deliveryDestination) shape(at arn.Place) *deliveryShape {
	to, _ := arn.Parse(d.Target)
	return &deliveryShape{d.Name, at.ARN("logs", "delivery-destination:"+d.Name), deliveryTypes[to.Service], d.Format, deliveryConfiguration{d.Target}, d.Tags}
}

type deliveryOutput struct {
	Destination *deliveryShape `json:"deliveryDestination"`
}

var (
	deliveryForm    = regexp.MustCompile(`^[\w-]{1,60}$`)
	deliveryFormats = []string{"w3c", "raw", "json", "plain", "parquet"}
)

func (s *Service) putDeliveryDestination(_ context.Context, r *awswire.Request, in *deliveryInput) (*deliveryOutput, error) {
	to, ok := arn.Parse(in.Configuration.Resource)
	switch {
	case in.Format != "" && !slices.Contains(deliveryFormats, in.Format):
		return nil, refuse("ValidationException", "1 validation error detected: Value '%s' at 'outputFormat' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
			in.Format, strings.Join(deliveryFormats, ", "))
	case !deliveryForm.MatchString(in.Name):
		return nil, refuse("ValidationException", `1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]*`, in.Name)
	case !ok || deliveryTypes[to.Service] == "":
		return nil, refuse("ValidationException", "The destination resource ARN %s is not valid.", in.Configuration.Resource)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.deliveries.Get(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	if d == nil {
		d = &deliveryDestination{Name: in.Name, Tags: in.Tags}
	} else if in.Format != "" && d.Format != in.Format {
		return nil, refuse("ValidationException", "Cannot update outputFormat for an existing Delivery Destination.")
	}
	d.Target = in.Configuration.Resource
	if in.Format != "" {
		d.Format = in.Format
	}
	return &deliveryOutput{d.shape(r.Place)}, s.deliveries.Save(d, r.Place, d.Name)
}

func (s *Service) delivery(at arn.Place, name string) (*deliveryDestination, error) {
	d, err := s.deliveries.Get(at, name)
	if err == nil && d == nil {
		err = refuse("ResourceNotFoundException", "Requested Delivery Destination does not exist in this account.")
	}
	return d, err
}

func (s *Service) getDeliveryDestination(_ context.Context, r *awswire.Request, in *deliveryInput) (*deliveryOutput, error) {
	d, err := s.delivery(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	return &deliveryOutput{d.shape(r.Place)}, nil
}

func (s *Service) deleteDeliveryDestination(_ context.Context, r *awswire.Request, in *deliveryInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.delivery(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	var b kv.Batch
	s.deliveries.Delete(&b, r.Place, d.Name)
	return nil, s.o.Store.Apply(&b)
}

type deliveriesOutput struct {
	Destinations []*deliveryShape `json:"deliveryDestinations"`
	NextToken    string           `json:"nextToken,omitempty"`
}

func (s *Service) describeDeliveryDestinations(_ context.Context, r *awswire.Request, in *deliveryInput) (*deliveriesOutput, error) {
	out := &deliveriesOutput{Destinations: []*deliveryShape{}}
	for d, err := range s.deliveries.All(r.Place) {
		if err != nil {
			return nil, err
		}
		out.Destinations = append(out.Destinations, d.shape(r.Place))
	}
	var err error
	out.Destinations, out.NextToken, err = page(out.Destinations, in.NextToken, in.Limit, 50)
	return out, err
}

type deliveryPolicy struct {
	Text string `json:"deliveryDestinationPolicy,omitempty"`
}

type deliveryPolicyOutput struct {
	Policy deliveryPolicy `json:"policy"`
}

func (s *Service) putDeliveryDestinationPolicy(_ context.Context, r *awswire.Request, in *deliveryInput) (*deliveryPolicyOutput, error) {
	return s.changeDelivery(r.Place, in.Of, func(d *deliveryDestination) { d.Policy = in.Policy })
}

func (s *Service) deleteDeliveryDestinationPolicy(_ context.Context, r *awswire.Request, in *deliveryInput) (*struct{}, error) {
	_, err := s.changeDelivery(r.Place, in.Of, func(d *deliveryDestination) { d.Policy = "" })
	return nil, err
}

func (s *Service) changeDelivery(at arn.Place, name string, do func(*deliveryDestination)) (*deliveryPolicyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.delivery(at, name)
	if err != nil {
		return nil, err
	}
	do(d)
	return &deliveryPolicyOutput{deliveryPolicy{d.Policy}}, s.deliveries.Save(d, at, d.Name)
}

func (s *Service) getDeliveryDestinationPolicy(_ context.Context, r *awswire.Request, in *deliveryInput) (*deliveryPolicyOutput, error) {
	d, err := s.delivery(r.Place, in.Of)
	if err != nil {
		return nil, err
	}
	return &deliveryPolicyOutput{deliveryPolicy{d.Policy}}, nil
}

func (s *Service) getDeliverySource(context.Context, *awswire.Request, *struct{}) (*struct{}, error) {
	return nil, refuse("ResourceNotFoundException", "Requested Delivery Source does not exist in this account.")
}

type sourcesOutput struct {
	Sources []struct{} `json:"deliverySources"`
}

func (s *Service) describeDeliverySources(context.Context, *awswire.Request, *struct{}) (*sourcesOutput, error) {
	return &sourcesOutput{[]struct{}{}}, nil
}

type allDeliveries struct {
	Deliveries []struct{} `json:"deliveries"`
}

func (s *Service) describeDeliveries(context.Context, *awswire.Request, *struct{}) (*allDeliveries, error) {
	return &allDeliveries{[]struct{}{}}, nil
}

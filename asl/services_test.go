package asl_test

import (
	"slices"
	"testing"

	"github.com/statelark/statelark/asl"
)

// offer is a service with one action, put, which takes Name, a list Parts of objects with a Size, and anything as Body.
type offer struct{}

func (offer) Parameters(r *asl.Resource) asl.Parameters {
	if r.Service == "aws-sdk:store" && r.Action == "put" {
		return taken{"Name": nil, "Parts": taken{"": taken{"Size": nil}}, "Body": nil}
	}
	return nil
}

// taken are members and what they hold; "" is the elements.
type taken map[string]asl.Parameters

func (t taken) Member(name string) (asl.Parameters, bool) {
	inner, known := t[name]
	return inner, known
}
func (t taken) Elem() asl.Parameters { return t[""] }
func (t taken) Required() []string   { return []string{"Name"} }

func TestServices(t *testing.T) {
	const head = `{"StartAt":"S","States":{"S":{"Type":"Task","End":true,"Resource":"arn:aws:states:::aws-sdk:`
	for text, want := range map[string][]string{
		head + `store:put","Parameters":{"Name":"n","Parts":[{"Size":1},{"Size.$":"$.x"}],"Body":{"any":{"thing":1}}}}}}`: nil,
		head + `store:put","Parameters":{"Name.$":"$.n","Parts.$":"$.p","Nome.$":"$.x"}}}}`:                               nil,
		head + `store:put","Parameters":{"Parts":[{"size":1}],"Nome":"n"}}}}`: {
			`The field "size" is not supported by Step Functions at /States/S/Parameters`,
			`The field "Nome" is not supported by Step Functions at /States/S/Parameters`,
			"The field 'Name' is required but was missing at /States/S/Parameters",
		},
		head + `store:put","QueryLanguage":"JSONata","Arguments":{"Name":"{% 1 %}","Nome.$":"n"}}}}`: {
			`The field "Nome.$" is not supported by Step Functions at /States/S/Arguments`,
		},
		head + `store:put","QueryLanguage":"JSONata","Arguments":"{% $states.input %}"}}}`: nil,
		head + `store:get","Parameters":{}}}}`: {
			"The resource provided arn:aws:states:::aws-sdk:store:get is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. at /States/S/Resource",
		},
	} {
		_, found := asl.Parse(text, asl.Options{Services: offer{}})
		var got []string
		for _, d := range found {
			if d.Severity == asl.SeverityError {
				got = append(got, d.Message+" at "+d.Location)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", text, got, want)
		}
		if m, _ := asl.Parse(text, asl.Options{}); m == nil {
			t.Errorf("%s is refused by what knows no services", text)
		}
	}
}

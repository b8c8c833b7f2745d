package deploy

import (
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

// TestFunctions evaluates values in a scope with a parameter, a resource that is there and one that is not.
func TestFunctions(t *testing.T) {
	tests := map[string]struct{ yaml, want, err string }{
		"plain":                  {`{a: [1, "x", true, null, 1.5, 2020-01-02]}`, `{"a":[1,"x",true,null,1.5,"2020-01-02"]}`, ""},
		"octal and hex":          {`[010, 0x10, 0]`, `["010","0x10",0]`, ""},
		"Ref of a parameter":     {`!Ref Stage`, `"dev"`, ""},
		"Ref of a list":          {`!Ref Zones`, `["a","b"]`, ""},
		"Ref of a resource":      {`!Ref There`, `"queue"`, ""},
		"Ref of nothing":         {`!Ref Nowhere`, ``, "there is no parameter or resource Nowhere"},
		"pseudo parameters":      {`[!Ref AWS::AccountId, !Ref AWS::Region, !Ref AWS::Partition, !Ref AWS::StackName, !Ref AWS::URLSuffix, !Ref AWS::NotificationARNs]`, `["123456789012","us-east-1","aws","orders","amazonaws.com",[]]`, ""},
		"stack id":               {`!Ref AWS::StackId`, `"arn:aws:cloudformation:us-east-1:123456789012:stack/orders/statelark"`, ""},
		"no value":               {`{a: !Ref AWS::NoValue, b: [1, !Ref AWS::NoValue]}`, `{"b":[1]}`, ""},
		"GetAtt":                 {`!GetAtt There.Arn`, `"arn:queue"`, ""},
		"GetAtt as a list":       {`{"Fn::GetAtt": [There, Arn]}`, `"arn:queue"`, ""},
		"GetAtt of nothing":      {`!GetAtt There`, ``, "Fn::GetAtt wants a resource and an attribute"},
		"Sub":                    {`!Sub "${Stage}-${There.Arn}-${AWS::Region}-${!Kept}-$x-${"`, `"dev-arn:queue-us-east-1-${Kept}-$x-${"`, ""},
		"Sub with names":         {`!Sub ["${Stage}-${Own}", {Own: !Ref There}]`, `"dev-queue"`, ""},
		"Sub with a number":      {`!Sub ["${N}", {N: 7}]`, `"7"`, ""},
		"Sub with a list":        {`!Sub "${Zones}"`, ``, "${Zones} is no text"},
		"Join":                   {`!Join ["-", [a, !Ref Stage, 3]]`, `"a-dev-3"`, ""},
		"Join of no list":        {`!Join ["-", a]`, ``, "Fn::Join wants a list"},
		"Join of one":            {`!Join ["-"]`, ``, "Fn::Join wants 2 arguments"},
		"Select":                 {`!Select ["1", !Ref Zones]`, `"b"`, ""},
		"Select beyond":          {`!Select [2, !Ref Zones]`, ``, "there is no element 2"},
		"Split":                  {`!Split [",", "a,b,"]`, `["a","b",""]`, ""},
		"FindInMap":              {`!FindInMap [Sizes, !Ref Stage, memory]`, `128`, ""},
		"FindInMap of nothing":   {`!FindInMap [Sizes, prod, memory]`, ``, "there is no Sizes, prod, memory"},
		"FindInMap by default":   {`!FindInMap [Sizes, prod, memory, {DefaultValue: 5}]`, `5`, ""},
		"Base64":                 {`{"Fn::Base64": !Sub "x${Stage}"}`, `"eGRldg=="`, ""},
		"Length":                 {`{"Fn::Length": !Ref Zones}`, `2`, ""},
		"ToJsonString":           {`{"Fn::ToJsonString": {a: !Ref Stage}}`, `"{\"a\":\"dev\"}"`, ""},
		"If":                     {`!If [IsDev, !Ref Stage, !Ref Nowhere]`, `"dev"`, ""},
		"If not":                 {`!If [IsOther, !Ref Nowhere, [2]]`, `[2]`, ""},
		"If of nothing":          {`!If [IsNothing, 1, 2]`, ``, "there is no condition IsNothing"},
		"Cidr":                   {`!Cidr ["10.0.0.0/16", 2, 8]`, ``, "the function Fn::Cidr is not done here"},
		"ImportValue":            {`!ImportValue x`, ``, "the function Fn::ImportValue is not done here"},
		"a member called Ref":    {`{Ref: a, b: c}`, `{"Ref":"a","b":"c"}`, ""},
		"Condition of a policy":  {`{Condition: {StringEquals: {a: !Ref Stage}}}`, `{"Condition":{"StringEquals":{"a":"dev"}}}`, ""},
		"an alias":               {`{a: &x [1], b: *x}`, `{"a":[1],"b":[1]}`, ""},
		"known later":            {`!Ref Later`, `"(known later)"`, ""},
		"an attribute later":     {`!Sub "x ${Later.Arn}"`, `"x (known later)"`, ""},
		"joined later":           {`!Join [",", [a, !Ref Later]]`, `"a,(known later)"`, ""},
		"split later":            {`!Select [0, !Split [",", !Ref Later]]`, `"(known later)"`, ""},
		"an equality as a value": {`!Equals [1, "1"]`, `true`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := testScope(t)
			doc, err := parseYAML(test.yaml)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.eval(doc)
			switch {
			case test.err == "" && err != nil:
				t.Error(err)
			case test.err != "":
				mustSay(t, err, test.err)
			case got.Compact() != test.want:
				t.Errorf("it is %s, want %s", got.Compact(), test.want)
			}
		})
	}
}

func testScope(t *testing.T) *scope {
	template, err := ParseTemplate(`
Parameters: {Stage: {Type: String, Default: dev}, Zones: {Type: CommaDelimitedList, Default: "a, b"}}
Mappings: {Sizes: {dev: {memory: 128}}}
Conditions: {IsDev: !Equals [!Ref Stage, dev], IsOther: !Not [!Condition IsDev]}
Resources: {There: {Type: AWS::SQS::Queue}, Later: {Type: AWS::SQS::Queue}}
`)
	if err != nil {
		t.Fatal(err)
	}
	s, err := (&Deployment{Template: template, Stack: "orders", Place: here}).newScope(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.facts["There"] = &fact{id: "queue", attributes: map[string]value.Value{"Arn": value.FromString("arn:queue")}}
	s.facts["Later"] = &fact{later: true}
	return s
}

func mustSay(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v, want %q", err, want)
	}
}

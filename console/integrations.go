package console

import (
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/task/aws"
)

// parameterDepth is how many levels of parameters are shown.
const parameterDepth = 4

// integrations is GET /api/integrations.
func (s *Server) integrations(*call) (any, error) {
	all := Integrations{Optimised: []Integration{}, Services: []SDKService{}}
	for r, can := range asl.Integrations() {
		if r.Service == "bedrockagentcore" { // an older spelling of bedrock-agentcore
			continue
		}
		row := Integration{Resource: r.ARN, Title: integrationTitle(&r)}
		for _, p := range can {
			row.Patterns = append(row.Patterns, p.Suffix())
		}
		all.Optimised = append(all.Optimised, row)
	}
	for _, service := range aws.SDKServices() {
		all.Services = append(all.Services, SDKService(service))
	}
	return all, nil
}

// integrationTitles are names of services of integrations as people know them.
var integrationTitles = map[string]string{
	"apigateway": "API Gateway", "athena": "Athena", "batch": "Batch", "bedrock": "Bedrock", "bedrock-agentcore": "Bedrock AgentCore",
	"codebuild": "CodeBuild", "databrew": "Glue DataBrew", "dynamodb": "DynamoDB", "ecs": "ECS", "eks": "EKS", "elasticmapreduce": "EMR",
	"emr-containers": "EMR on EKS", "emr-serverless": "EMR Serverless", "events": "EventBridge", "glue": "Glue", "http": "HTTP",
	"lambda": "Lambda", "mediaconvert": "MediaConvert", "sagemaker": "SageMaker", "sns": "SNS", "sqs": "SQS", "states": "Step Functions",
}

func integrationTitle(r *asl.Resource) string {
	service := integrationTitles[r.Service]
	if service == "" {
		service = model.Pascal(r.Service)
	}
	return service + " " + strings.ToUpper(r.Action[:1]) + r.Action[1:]
}

// parameters is GET /api/integrations/parameters?resource=.
func (s *Server) parameters(c *call) (any, error) {
	text := c.FormValue("resource")
	r, err := asl.ParseResource(text)
	if err != nil || r.Service == "" {
		return nil, statelark.Errorf(statelark.CodeValidation, "There is no integration '%s'", text)
	}
	fields, ok := aws.Fields(&r, parameterDepth)
	if !ok {
		return nil, statelark.Errorf(statelark.CodeResourceNotFound, "There is no action '%s'", text)
	}
	return Parameters{Fields: fieldRows(fields)}, nil
}

func fieldRows(fields []aws.Field) []Field {
	rows := make([]Field, 0, len(fields))
	for _, f := range fields {
		row := Field{Name: f.Name, Type: f.Type, Required: f.Required, Values: f.Values}
		if len(f.Fields) > 0 {
			row.Fields = fieldRows(f.Fields)
		}
		rows = append(rows, row)
	}
	return rows
}

// Snippets of other tools that make the same state machine in an account of AWS, or at this server through their endpoint
// settings. The definition stands in them as it is.

const camel = (name: string) => name.replace(/[^A-Za-z0-9]+(.)?/g, (_, c: string | undefined) => (c ?? '').toUpperCase()) || 'Workflow';
const pascal = (name: string) => camel(name).replace(/^./, (c) => c.toUpperCase());
const indented = (text: string, indent: string) => text.trimEnd().split('\n').map((line) => (line ? indent + line : line)).join('\n');

export function cdk(name: string, definition: string, type: string): string {
  return `import { Stack, type StackProps, aws_stepfunctions as sfn } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

export class ${pascal(name)}Stack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    new sfn.StateMachine(this, '${pascal(name)}', {
      stateMachineName: ${JSON.stringify(name)},
      stateMachineType: sfn.StateMachineType.${type},
      definitionBody: sfn.DefinitionBody.fromString(definition),
    });
  }
}

const definition = JSON.stringify(
${indented(definition, '  ')},
);
`;
}

export function sam(name: string, definition: string, type: string): string {
  return `AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Resources:
  ${pascal(name)}:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: ${JSON.stringify(name)}
      Type: ${type}
      # JSON is YAML, too.
      Definition:
${indented(definition, '        ')}
`;
}

// In a heredoc of Terraform ${ and %{ begin a template: they are doubled, which stands for themselves.
export function terraform(name: string, definition: string, type: string): string {
  const text = definition.replaceAll('${', '$${').replaceAll('%{', '%%{');
  const id = name.replace(/[^A-Za-z0-9_-]/g, '_');
  return `resource "aws_sfn_state_machine" "${id}" {
  name       = ${JSON.stringify(name)}
  type       = "${type}"
  role_arn   = aws_iam_role.${id}.arn
  definition = <<-ASL
${indented(text, '    ')}
  ASL
}

resource "aws_iam_role" "${id}" {
  name = ${JSON.stringify(`${name}-states`)}
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "states.amazonaws.com" } }]
  })
}
`;
}

import Container from '@cloudscape-design/components/container';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import type { ServerInfo } from '../../api/model';
import { useSession } from '../../app/session';

// snippets are what makes a client use this server.
function snippets(s: ServerInfo): [id: string, label: string, text: string][] {
  return [
    [
      'shell',
      'AWS CLI',
      `export AWS_ENDPOINT_URL=${s.endpoint} AWS_REGION=${s.region} AWS_DEFAULT_REGION=${s.region}\nexport AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local\naws stepfunctions list-state-machines`,
    ],
    ['python', 'Python', `import boto3\n\nsfn = boto3.client("stepfunctions", endpoint_url="${s.endpoint}", region_name="${s.region}")\nprint(sfn.list_state_machines())`],
    [
      'js',
      'JavaScript',
      `import { SFNClient, ListStateMachinesCommand } from "@aws-sdk/client-sfn";\n\nconst sfn = new SFNClient({ endpoint: "${s.endpoint}", region: "${s.region}", disableHostPrefix: true });\nconsole.log(await sfn.send(new ListStateMachinesCommand({})));`,
    ],
    ['go', 'Go', `sfn.NewFromConfig(cfg, func(o *sfn.Options) { o.BaseEndpoint = aws.String("${s.endpoint}") })`],
    ['terraform', 'Terraform', `provider "aws" {\n  region = "${s.region}"\n  endpoints {\n    sfn = "${s.endpoint}"\n  }\n}`],
  ];
}

// Snippet tells how clients reach the server.
export function Snippet() {
  const session = useSession();
  if (!session) return null;
  return (
    <Container header={<Header variant="h2" description="The API of AWS Step Functions is at this server's own address.">Use it from your code</Header>}>
      <Tabs
        ariaLabel="Clients"
        tabs={snippets(session.server).map(([id, label, text]) => ({
          id,
          label,
          content: (
            <SpaceBetween size="xs">
              <pre className="mono" style={{ margin: 0, overflowX: 'auto' }} tabIndex={0}>
                {text}
              </pre>
              <CopyToClipboard textToCopy={text} copyButtonText="Copy" copySuccessText="Copied" copyErrorText="Could not copy" />
            </SpaceBetween>
          ),
        }))}
      />
    </Container>
  );
}

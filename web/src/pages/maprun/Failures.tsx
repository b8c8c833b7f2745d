import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import { useQuery } from '@tanstack/react-query';
import { aws } from '../../api/client';
import { paths } from '../../app/navigation';
import { arnName } from '../../parts/arn';
import { PageLink } from '../../parts/PageLink';

const most = 30; // children that are looked at: an error that many have is among them

interface Group {
  error: string;
  cause: string;
  children: string[]; // ARNs
}

async function sample(arn: string): Promise<{ groups: Group[]; looked: number }> {
  const page = await aws('ListExecutions', { mapRunArn: arn, statusFilter: 'FAILED', maxResults: most });
  const children = await Promise.all(page.executions.map((x) => aws('DescribeExecution', { executionArn: x.executionArn }).catch(() => undefined)));
  const groups = new Map<string, Group>();
  for (const child of children) {
    if (!child) continue;
    const error = child.error ?? '';
    const group = groups.get(error) ?? { error, cause: child.cause ?? '', children: [] };
    group.children.push(child.executionArn);
    groups.set(error, group);
  }
  return { groups: [...groups.values()].sort((a, b) => b.children.length - a.children.length), looked: children.length };
}

// Failures groups some of the children that failed by their error.
export function Failures({ arn, failed }: { arn: string; failed: number }) {
  // Looked at again when there are about twice as many.
  const grown = failed === 0 ? 0 : Math.ceil(Math.log2(failed)) + 1;
  const { data } = useQuery({ queryKey: ['maprun failures', arn, grown], queryFn: () => sample(arn), enabled: failed > 0, staleTime: Infinity, placeholderData: (old) => old });
  if (failed === 0 || !data) return null;
  return (
    <Container header={<Header variant="h2" description={data.looked < failed ? `Of ${data.looked} of the ${failed.toLocaleString('en')} children that failed` : undefined}>Failures by error</Header>}>
      <div className="scrolls" role="region" aria-label="Failures by error" tabIndex={0}>
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">Error</th>
              <th scope="col">Children</th>
              <th scope="col">Cause of the first</th>
              <th scope="col">For example</th>
            </tr>
          </thead>
          <tbody>
            {data.groups.map((g) => (
              <tr key={g.error}>
                <th scope="row">{g.error || 'An error without a name'}</th>
                <td>{g.children.length}</td>
                <td className="is-cause">{g.cause.slice(0, 300)}</td>
                <td>
                  <PageLink to={paths.execution(g.children[0]!)}>{arnName(g.children[0]!)}</PageLink>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {data.groups.length === 0 && <Box color="text-body-secondary">The children do not tell.</Box>}
    </Container>
  );
}

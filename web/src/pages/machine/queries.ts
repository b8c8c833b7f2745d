import { queryOptions } from '@tanstack/react-query';
import { aws, get } from '../../api/client';
import type { Grid } from '../../api/model';
import { queryClient } from '../../app/queries';

// machineQuery describes a state machine, or a version of it.
export const machineQuery = (arn: string) =>
  queryOptions({ queryKey: ['machine', arn], queryFn: ({ signal }) => aws('DescribeStateMachine', { stateMachineArn: arn }, signal) });

export const versionsQuery = (arn: string) =>
  queryOptions({
    queryKey: ['versions', arn],
    queryFn: async ({ signal }) => (await aws('ListStateMachineVersions', { stateMachineArn: arn, maxResults: 1000 }, signal)),
  });

export const aliasesQuery = (arn: string) =>
  queryOptions({
    queryKey: ['aliases', arn, 'described'],
    queryFn: async ({ signal }) => {
      const { stateMachineAliases } = await aws('ListStateMachineAliases', { stateMachineArn: arn, maxResults: 100 }, signal);
      return Promise.all(stateMachineAliases.map((a) => aws('DescribeStateMachineAlias', { stateMachineAliasArn: a.stateMachineAliasArn }, signal)));
    },
  });

export const tagsQuery = (arn: string) =>
  queryOptions({ queryKey: ['tags', arn], queryFn: async ({ signal }) => (await aws('ListTagsForResource', { resourceArn: arn }, signal)).tags ?? [] });

export const gridQuery = (arn: string) =>
  queryOptions({ queryKey: ['grid', arn], queryFn: ({ signal }) => get<Grid>('machine/grid', { arn, n: 50 }, signal), refetchInterval: 15_000 });

// refresh reads again what is shown of a state machine.
export async function refresh(arn: string): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['machine', arn] }),
    queryClient.invalidateQueries({ queryKey: ['versions', arn] }),
    queryClient.invalidateQueries({ queryKey: ['aliases', arn] }),
    queryClient.invalidateQueries({ queryKey: ['tags', arn] }),
    queryClient.invalidateQueries({ queryKey: ['machines'] }),
  ]);
}

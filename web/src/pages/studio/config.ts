import { queryOptions } from '@tanstack/react-query';
import { aws } from '../../api/client';
import type { LoggingConfiguration } from '../../api/aws';

// Config is what a machine has beside its definition.
export interface Config {
  name: string;
  type: 'STANDARD' | 'EXPRESS';
  roleArn: string;
  level: 'OFF' | 'ERROR' | 'FATAL' | 'ALL';
  logData: boolean;
  logGroup: string; // ARN
  tracing: boolean;
  tags: { key: string; value: string }[];
}

export interface Loaded {
  definition: string;
  config: Config;
  revision: string;
}

export function freshConfig(account: string): Config {
  return { name: '', type: 'STANDARD', roleArn: `arn:aws:iam::${account}:role/statelark`, level: 'OFF', logData: false, logGroup: '', tracing: false, tags: [] };
}

// unqualified takes the version or the alias off the ARN of a machine: that is what is edited.
export function unqualified(arn: string): string {
  return arn.split(':').slice(0, 7).join(':');
}

export function loadedQuery(arn: string) {
  return queryOptions({
    queryKey: ['studio', arn],
    queryFn: async ({ signal }): Promise<Loaded> => {
      const m = await aws('DescribeStateMachine', { stateMachineArn: arn }, signal);
      const tags = await aws('ListTagsForResource', { resourceArn: unqualified(arn) }, signal).catch(() => ({ tags: [] }));
      const logging = m.loggingConfiguration;
      return {
        definition: m.definition,
        revision: m.revisionId ?? '',
        config: {
          name: m.name,
          type: m.type === 'EXPRESS' ? 'EXPRESS' : 'STANDARD',
          roleArn: m.roleArn,
          level: logging?.level ?? 'OFF',
          logData: logging?.includeExecutionData ?? false,
          logGroup: logging?.destinations?.[0]?.cloudWatchLogsLogGroup?.logGroupArn ?? '',
          tracing: m.tracingConfiguration?.enabled ?? false,
          tags: (tags.tags ?? []).map((t) => ({ key: t.key ?? '', value: t.value ?? '' })),
        },
      };
    },
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}

function logging(c: Config): LoggingConfiguration {
  return {
    level: c.level,
    includeExecutionData: c.logData,
    destinations: c.logGroup ? [{ cloudWatchLogsLogGroup: { logGroupArn: c.logGroup } }] : [],
  };
}

export interface Saved {
  arn: string;
  version: string; // ARN, "" when none was published
  revision: string;
}

// create makes a machine of a text.
export async function create(definition: string, c: Config, publish: boolean): Promise<Saved> {
  const made = await aws('CreateStateMachine', {
    name: c.name,
    type: c.type,
    definition,
    roleArn: c.roleArn,
    tags: c.tags.filter((t) => t.key),
    publish: publish || undefined,
    loggingConfiguration: logging(c),
    tracingConfiguration: { enabled: c.tracing },
  });
  return { arn: made.stateMachineArn, version: made.stateMachineVersionArn ?? '', revision: '' };
}

// update gives a machine another text, and what else has changed.
export async function update(arn: string, definition: string, c: Config, before: Config, publish: boolean, description: string): Promise<Saved> {
  const made = await aws('UpdateStateMachine', {
    stateMachineArn: arn,
    definition,
    roleArn: c.roleArn,
    publish: publish || undefined,
    versionDescription: publish && description ? description : undefined,
    loggingConfiguration: logging(c),
    tracingConfiguration: { enabled: c.tracing },
  });
  const gone = before.tags.filter((t) => !c.tags.some((n) => n.key === t.key)).map((t) => t.key);
  const news = c.tags.filter((t) => t.key && !before.tags.some((o) => o.key === t.key && o.value === t.value));
  if (gone.length > 0) await aws('UntagResource', { resourceArn: arn, tagKeys: gone });
  if (news.length > 0) await aws('TagResource', { resourceArn: arn, tags: news });
  return { arn, version: made.stateMachineVersionArn ?? '', revision: made.revisionId ?? '' };
}

import { type RefObject, useRef, useState } from 'react';
import { aws } from '../../api/client';
import { paths, useGo } from '../../app/navigation';
import { queryClient } from '../../app/queries';
import type { Workflow } from '../../studio/workflow';
import { type Config, create, update, unqualified } from './config';
import { dropDraft } from './draft';

// What comes after a save.
export type Then = 'stay' | 'publish' | 'run';

export interface Saving {
  busy: boolean;
  asking: Then | undefined; // a dialog is open: the name of a new machine, or the description of a version
  ask: (then: Then) => void;
  close: () => void;
  save: (config: Config, then: Then, description?: string) => Promise<void>;
}

interface Options {
  arn: string;
  workflow: Workflow;
  revision: string; // that was opened
  before: Config; // as it was saved last
  tell: (text: string) => void;
  onRun: (arn: string) => void;
  onSaved: (text: string, config: Config) => void;
}

// useSaving saves the text, and says what happened.
export function useSaving({ arn, workflow, revision: opened, before, tell, onRun, onSaved }: Options): Saving {
  const go = useGo();
  const [busy, setBusy] = useState(false);
  const [asking, ask] = useState<Then>();
  const revision = useRef(opened);
  const save = async (config: Config, then: Then, description = '') => {
    setBusy(true);
    const text = workflow.text();
    try {
      const publish = then === 'publish';
      if (arn) await unchanged(arn, revision);
      const saved = arn ? await update(unqualified(arn), text, config, before, publish, description) : await create(text, config, publish);
      if (arn) revision.current = saved.revision;
      dropDraft(arn);
      onSaved(text, config);
      void queryClient.invalidateQueries({ queryKey: ['machines'] });
      const version = saved.version ? `, and published as version ${saved.version.split(':').pop()}` : '';
      tell(`Saved${version}.`);
      if (!arn) go(paths.edit(saved.arn) + (then === 'run' ? '?run=1' : ''), { replace: true });
      else if (then === 'run') onRun(saved.arn);
    } finally {
      setBusy(false);
    }
  };
  return { busy, asking, ask, close: () => ask(undefined), save };
}

// unchanged refuses once to write over what somebody else has saved since this was opened.
async function unchanged(arn: string, revision: RefObject<string>): Promise<void> {
  const now = (await aws('DescribeStateMachine', { stateMachineArn: unqualified(arn) })).revisionId ?? '';
  if (now === revision.current) return;
  revision.current = now;
  throw new Error('Somebody else has changed this machine since you opened it. Save again to write over it.');
}

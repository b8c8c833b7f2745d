import { useState } from 'react';
import { paths, useGo } from '../../app/navigation';
import { queryClient } from '../../app/queries';
import type { Workflow } from '../../studio/workflow';
import { type Config, create, type Loaded, update, unqualified } from './config';
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

// useSaving saves the text, and says what happened.
export function useSaving(arn: string, workflow: Workflow, loaded: Loaded, tell: (text: string, error?: unknown) => void, onRun: (arn: string) => void, onSaved: (text: string, config: Config) => void): Saving {
  const go = useGo();
  const [busy, setBusy] = useState(false);
  const [asking, ask] = useState<Then>();
  const save = async (config: Config, then: Then, description = '') => {
    setBusy(true);
    const text = workflow.text();
    try {
      const publish = then === 'publish';
      const saved = arn ? await update(unqualified(arn), text, config, loaded.config, publish, description) : await create(text, config, publish);
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

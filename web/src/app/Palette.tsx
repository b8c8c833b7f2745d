import './palette.css';
import Modal from '@cloudscape-design/components/modal';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import { get } from '../api/client';
import type { Machines } from '../api/model';
import { surface } from '../parts/surface';
import { type Command, matching, pageCommands, typedCommands } from './commands';
import { paths, useGo } from './navigation';
import { setPreferences } from './theme';

const themes: Command[] = (['light', 'dark', 'system'] as const).map((theme) => ({
  id: theme,
  text: `Theme: ${theme}`,
  kind: 'setting',
  act: () => setPreferences({ theme }),
}));

function useCommands(typed: string): Command[] {
  const { data } = useQuery({ queryKey: ['machines'], queryFn: ({ signal }) => get<Machines>('machines', {}, signal), staleTime: 30_000 });
  const machines = (data?.machines ?? []).flatMap((m): Command[] => [
    { id: m.arn, text: m.name, kind: 'state machine', path: paths.machine(m.arn) },
    { id: `edit ${m.arn}`, text: `Edit ${m.name}`, kind: 'action', path: paths.edit(m.arn) },
  ]);
  const own = typedCommands(typed);
  if (own[0]?.id === 'arn') return own;
  return [...matching([...pageCommands, ...machines, ...themes], typed, 12), ...own];
}

// focused gives the focus to what is shown, after the dialog gave it to its first button.
function focused(element: HTMLElement | null): void {
  requestAnimationFrame(() => element?.focus());
}

// Palette goes to whatever is typed: a page, a state machine, an ARN, executions to look for.
export function Palette({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const commands = useCommands(typed);
  const current = Math.min(at, commands.length - 1);
  const go = useGo();
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    if (command.path) go(command.path);
    command.act?.();
  };
  const key = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && commands.length > 0) setAt((current + step + commands.length) % commands.length);
    else if (event.key === 'Enter') run(commands[current]);
    else return;
    event.preventDefault();
  };
  useEffect(() => list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }), [current]);
  return (
    <Modal visible header="Go to" onDismiss={onClose} closeAriaLabel="Close">
      <div className="palette" style={surface}>
        <input
          ref={focused}
          role="combobox"
          aria-label="A page, a state machine, an ARN, or what to look for"
          aria-expanded
          aria-controls={id}
          aria-activedescendant={commands[current] && `${id}-${current}`}
          placeholder="A page, a state machine, an ARN …"
          value={typed}
          spellCheck={false}
          onChange={(e) => {
            setTyped(e.target.value);
            setAt(0);
          }}
          onKeyDown={key}
        />
        <ul id={id} role="listbox" aria-label="Where to go" ref={list}>
          {commands.map((c, i) => (
            <li key={c.id} id={`${id}-${i}`} role="option" aria-selected={i === current} onMouseMove={() => setAt(i)} onClick={() => run(c)}>
              <span>{c.text}</span>
              <small>{c.kind}</small>
            </li>
          ))}
        </ul>
      </div>
    </Modal>
  );
}

import { type KeyboardEvent, useRef } from 'react';

interface Props<T extends string> {
  label: string;
  tabs: { id: T; text: string; count?: number }[];
  active: T;
  onChange: (id: T) => void;
  panel?: string; // id of what they show
}

// Choose is a row of tabs that fits into a narrow pane.
export function Choose<T extends string>({ label, tabs, active, onChange, panel }: Props<T>) {
  const row = useRef<HTMLDivElement>(null);
  const press = (e: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    const i = tabs.findIndex((t) => t.id === active);
    const next = step && tabs[(i + step + tabs.length) % tabs.length];
    if (!next) return;
    e.preventDefault();
    onChange(next.id);
    row.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  return (
    <div className="choose" role="tablist" aria-label={label} ref={row} onKeyDown={press}>
      {tabs.map((t) => (
        <button key={t.id} type="button" role="tab" data-tab={t.id} aria-selected={t.id === active} aria-controls={panel} tabIndex={t.id === active ? 0 : -1} onClick={() => onChange(t.id)}>
          {t.text}
        </button>
      ))}
    </div>
  );
}

import { useState } from 'react';
import type { Diagnostic } from '../../api/model';
import { placeAt } from '../../studio/states';
import { useStudio } from './context';

function summary(diagnostics: Diagnostic[]): string {
  const errors = diagnostics.filter((d) => d.severity === 'ERROR').length;
  const warnings = diagnostics.length - errors;
  const count = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  if (errors === 0 && warnings === 0) return 'No problems';
  return [errors && count(errors, 'error'), warnings && count(warnings, 'warning')].filter(Boolean).join(', ');
}

// Problems lists what the server's validator says. Each leads to its state and its line.
export function Problems() {
  const { diagnostics, tree, go } = useStudio();
  const [open, setOpen] = useState(true);
  const shown = open && diagnostics.length > 0;
  return (
    <section className="problems" aria-label="Problems">
      <button type="button" className="problems-head" aria-expanded={shown} onClick={() => setOpen(!open)}>
        <span className={`dot ${diagnostics.some((d) => d.severity === 'ERROR') ? 'dot-error' : diagnostics.length ? 'dot-warning' : 'dot-good'}`} aria-hidden="true" />
        <span aria-live="polite">{summary(diagnostics)}</span>
      </button>
      {shown && (
        <ul>
          {diagnostics.map((d, i) => (
            <li key={i}>
              <button type="button" onClick={() => go(d)}>
                <span className={`mark mark-${d.severity === 'ERROR' ? 'error' : 'warning'}`}>{d.severity === 'ERROR' ? 'error' : 'warning'}</span>
                <span className="where">
                  {placeAt(tree, d.pointer)?.name ?? 'Workflow'} · line {d.line}
                </span>
                <span className="message">{d.message}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

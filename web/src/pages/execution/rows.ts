import type { History, Scope, Visit } from '../../history/fold';

// Row is a line of the table of states or of the waterfall: a visit, or an iteration or a branch of one.
export type Row = { depth: number; open?: boolean } & ({ kind: 'visit'; visit: Visit; key: string } | { kind: 'scope'; scope: Scope; key: string });

// rowsOf lists what happened in the order in which flows began, as a tree. What is in closed names only itself.
// Of a Map of which one iteration is looked at the others are left out.
export function rowsOf(history: History, closed: ReadonlySet<string>, only?: Scope): Row[] {
  const rows: Row[] = [];
  const chosen = new Map<Visit, Scope>();
  for (let s = only; s?.container; s = s.container.scope) chosen.set(s.container, s);
  const scopeRows = (scope: Scope, depth: number) => {
    for (const visit of scope.visits) {
      const key = `v${visit.id}`;
      const folds = visit.scopes.length > 0;
      const open = folds ? !closed.has(key) || chosen.has(visit) : undefined;
      rows.push({ kind: 'visit', visit, key, depth, open });
      if (!open) continue;
      for (const inner of visit.scopes) {
        if ((chosen.get(visit) ?? inner) !== inner && inner.kind === 'iteration') continue;
        const innerKey = `s${inner.id}`;
        const innerOpen = !closed.has(innerKey);
        rows.push({ kind: 'scope', scope: inner, key: innerKey, depth: depth + 1, open: innerOpen });
        if (innerOpen) scopeRows(inner, depth + 2);
      }
    }
  };
  scopeRows(history.top, 0);
  return rows;
}

// upTo leaves out what began after a position.
export function upTo(rows: Row[], at: number): Row[] {
  return rows.filter((r) => (r.kind === 'visit' ? r.visit.id : r.scope.id) <= at);
}

// manyIterations is from where on the iterations of a Map are closed at first.
export const manyIterations = 20;

// closedAtFirst returns the rows that are closed: Maps of many iterations, but for what somebody toggled.
export function closedAtFirst(history: History, toggled: ReadonlySet<string>): Set<string> {
  const closed = new Set(toggled);
  for (const v of history.visits) {
    if (v.scopes.length <= manyIterations) continue;
    const key = `v${v.id}`;
    if (toggled.has(key)) closed.delete(key);
    else closed.add(key);
  }
  return closed;
}

export function scopeName(scope: Scope): string {
  return scope.kind === 'iteration' ? `Iteration ${scope.index}` : `Branch ${scope.index + 1}`;
}

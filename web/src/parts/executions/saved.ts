// Queries that people keep in this browser.
export interface Saved {
  name: string;
  q: string;
}

const key = 'statelark.queries';

export function savedQueries(): Saved[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(list) ? (list as Saved[]).filter((s) => typeof s?.name === 'string' && typeof s.q === 'string') : [];
  } catch {
    return [];
  }
}

function keep(list: Saved[]): void {
  try {
    localStorage.setItem(key, JSON.stringify(list));
  } catch {
    // A browser that stores nothing keeps none.
  }
}

// saveQuery keeps a query; one of the same name is replaced.
export function saveQuery(saved: Saved): void {
  keep([...savedQueries().filter((s) => s.name !== saved.name), saved]);
}

export function forgetQuery(name: string): void {
  keep(savedQueries().filter((s) => s.name !== name));
}

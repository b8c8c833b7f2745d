// What somebody changed and did not save, kept in this browser by machine.
export interface Draft {
  text: string;
  base: string; // the text that it was begun from
  at: number; // milliseconds since 1970
}

const key = (arn: string) => `statelark.draft:${arn || 'new'}`;

export function readDraft(arn: string): Draft | undefined {
  try {
    const draft = JSON.parse(localStorage.getItem(key(arn)) ?? 'null') as Draft | null;
    return draft && typeof draft.text === 'string' ? draft : undefined;
  } catch {
    return undefined;
  }
}

export function keepDraft(arn: string, draft: Draft): void {
  try {
    localStorage.setItem(key(arn), JSON.stringify(draft));
  } catch {
    // It is too large, or nothing may be stored: it lives while the page does.
  }
}

export function dropDraft(arn: string): void {
  try {
    localStorage.removeItem(key(arn));
  } catch {
    // As above.
  }
}

import { useCallback, useState } from 'react';

// Pin is the data that a state is tried with: what it gets, and the variables it sees, both JSON.
export interface Pin {
  input: string;
  variables: string;
  result?: string; // JSON of what a test of it gave
  from: string; // what it is of, for people
}

export const noPin: Pin = { input: '{}', variables: '', from: '' };

const key = (arn: string) => `statelark.pins:${arn || 'new'}`;

function load(arn: string): Record<string, Pin> {
  try {
    return JSON.parse(localStorage.getItem(key(arn)) ?? '{}') as Record<string, Pin>;
  } catch {
    return {};
  }
}

// usePins keeps the pins of a machine in this browser, by the names of states.
export function usePins(arn: string): [pins: Record<string, Pin>, pin: (name: string, p: Pin) => void] {
  const [pins, setPins] = useState(() => load(arn));
  const pin = useCallback(
    (name: string, p: Pin) =>
      setPins((old) => {
        const next = { ...old, [name]: p };
        try {
          localStorage.setItem(key(arn), JSON.stringify(next));
        } catch {
          // It is too large, or nothing may be stored: it lives while the page does.
        }
        return next;
      }),
    [arn],
  );
  return [pins, pin];
}

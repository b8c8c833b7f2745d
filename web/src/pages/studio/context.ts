import { createContext, useContext } from 'react';
import type { Layout } from '../../api/layout';
import type { Diagnostic } from '../../api/model';
import type { Tree } from '../../studio/document';
import type { Result, Where } from '../../studio/operations';
import type { Language, Place } from '../../studio/states';
import type { Workflow } from '../../studio/workflow';
import type { Config } from './config';
import type { Pin } from './pins';

// Studio is what the parts of the page share: the text as it is now, what the server says of it, and what is selected.
export interface Studio {
  workflow: Workflow;
  tree: Tree;
  text: string;
  arn: string; // of the machine; "" until it is saved
  language: Language; // of the machine
  place: Place | undefined; // the state that is selected
  select: (pointer: string) => void;
  // run applies an operation. A refusal is told to the person.
  run: (operation: (text: string) => Result | string) => void;
  // insert puts a piece somewhere, drop does so with what was dragged.
  insert: (piece: string, title: string, where: Where) => void;
  pick: (where: Where) => void; // asks which piece
  layout: Layout | undefined; // of the last text that could be read
  stale: boolean; // that is not the text of now
  diagnostics: Diagnostic[];
  go: (d: Diagnostic) => void;
  readonly: boolean;
  config: Config;
  pins: Record<string, Pin>; // by the names of states; "" is the input of the workflow
  pin: (name: string, p: Pin) => void;
}

export const StudioContext = createContext<Studio | undefined>(undefined);

export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error('There is no studio around this.');
  return studio;
}

import type { Execution } from '../../api/model';

// What can be done with an execution, as far as it tells; the server decides.

export function canStop(x: Execution): boolean {
  return x.status === 'RUNNING' && x.type === 'STANDARD' && !x.mapRun;
}

export function canRedrive(x: Execution): boolean {
  return x.redriveStatus === 'REDRIVABLE';
}

// canFork: a fork is an execution of its own, so the other one may be in any state. Only the children of a Map Run have
// another definition than their machine.
export function canFork(x: Execution): boolean {
  return x.type === 'STANDARD' && !x.mapRun;
}

// arnName returns the last part of an ARN, as people call the thing: of an execution its name, of a version the number.
export function arnName(arn: string): string {
  return arn.split(':').pop() ?? arn;
}

// machineName returns the name of the state machine of the ARN of a machine, a version, an alias, an execution or a Map Run.
export function machineName(arn: string): string {
  return (arn.split(':')[6] ?? arn).split('/')[0]!;
}

// qualifierOf returns the version or alias in the ARN of a machine, "" when there is none.
export function qualifierOf(arn: string): string {
  return arn.split(':')[7] ?? '';
}

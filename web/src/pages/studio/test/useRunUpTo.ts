import { useCallback, useEffect, useRef, useState } from 'react';
import { aws } from '../../../api/client';
import type { DescribeExecutionOutput } from '../../../api/aws';

export interface Run {
  status: string; // RUNNING and so on
  arn: string; // of the execution
  output?: string;
  error?: string;
  cause?: string;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// useRunUpTo runs a definition as a machine of its own, which is deleted once the execution has ended or the page is left.
export function useRunUpTo(roleArn: string): { run: Run | undefined; start: (name: string, definition: string, input: string) => Promise<void>; stop: () => void } {
  const [run, setRun] = useState<Run>();
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  const start = useCallback(
    async (name: string, definition: string, input: string) => {
      const made = await aws('CreateStateMachine', { name: `${name.slice(0, 60)}-upto-${Date.now().toString(36)}`, definition, roleArn, type: 'STANDARD' });
      try {
        const { executionArn } = await aws('StartExecution', { stateMachineArn: made.stateMachineArn, input });
        let x: DescribeExecutionOutput;
        do {
          await pause(250);
          x = await aws('DescribeExecution', { executionArn });
          if (here.current) setRun({ status: x.status, arn: executionArn, output: x.output, error: x.error, cause: x.cause });
        } while (here.current && x.status === 'RUNNING');
      } finally {
        await aws('DeleteStateMachine', { stateMachineArn: made.stateMachineArn });
      }
    },
    [roleArn],
  );
  const stop = () => {
    if (run?.status === 'RUNNING') void aws('StopExecution', { executionArn: run.arn });
  };
  return { run, start, stop };
}

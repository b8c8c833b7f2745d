import type { ErrorComponentProps } from '@tanstack/react-router';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';

// ErrorPage stands where a page failed.
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  return (
    <Box padding="xl">
      <Alert type="error" header="This page failed" action={<Button onClick={() => (reset ? reset() : location.reload())}>Try again</Button>}>
        {error instanceof Error ? error.message : String(error)}
      </Alert>
    </Box>
  );
}

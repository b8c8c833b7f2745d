import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import { ApiError } from '../api/client';

// ErrorAlert says what went wrong, and lets people try again.
export function ErrorAlert({ error, retry, header }: { error: unknown; retry?: () => void; header?: string }) {
  const code = error instanceof ApiError ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return (
    <Alert type="error" header={header ?? code} action={retry && <Button onClick={retry}>Try again</Button>}>
      {header && code ? `${code}: ` : ''}
      {message}
    </Alert>
  );
}

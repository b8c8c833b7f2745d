import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { ErrorAlert } from './ErrorAlert';

interface Props {
  title: string;
  action: string; // the word on the button
  children: ReactNode;
  disabled?: boolean;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

// Confirm asks before something is done, shows that it is being done, and what went wrong.
export function Confirm({ title, action, children, disabled, onConfirm, onClose }: Props) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (e) {
      setError(e);
      setBusy(false);
    }
  };
  // Enter in a line of text confirms, as it does in forms; in a list that is open it chooses.
  const enter = (e: KeyboardEvent) => {
    const field = e.target as HTMLElement;
    if (e.key !== 'Enter' || e.defaultPrevented || disabled || busy || !(field instanceof HTMLInputElement) || field.getAttribute('aria-expanded') !== null) return;
    e.preventDefault();
    void confirm();
  };
  return (
    <Modal
      visible
      header={title}
      onDismiss={onClose}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} disabled={disabled} onClick={() => void confirm()}>
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <div onKeyDown={enter}>
        <SpaceBetween size="m">
          {children}
          {error !== undefined && <ErrorAlert error={error} />}
        </SpaceBetween>
      </div>
    </Modal>
  );
}

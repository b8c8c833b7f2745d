import Box from '@cloudscape-design/components/box';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import { useMemo } from 'react';
import { Code } from '../../../parts/Code';
import { pretty } from '../../../parts/json';
import { formatBytes } from '../../../parts/time';

const lineHeight = 17.5; // px
const mostHeight = 420;

interface Props {
  label: string;
  text: string | null | undefined; // JSON; null: it is hidden, or there is none
  none?: string; // what to say then
}

// Payload shows JSON as high as it needs, up to a bound.
export function Payload({ label, text, none = 'It is hidden from you, or not known.' }: Props) {
  const shown = useMemo(() => (text === null || text === undefined ? undefined : pretty(text)), [text]);
  if (shown === undefined) return <Box color="text-body-secondary">{none}</Box>;
  const lines = shown.split('\n', 40).length;
  return (
    <div className="payload">
      <div className="payload-head">
        <span>{label}</span>
        <span className="hint">{formatBytes(new Blob([text!]).size)}</span>
        <CopyToClipboard variant="icon" textToCopy={shown} copyButtonAriaLabel={`Copy: ${label}`} copySuccessText="Copied" copyErrorText="Could not copy" />
      </div>
      <Code language="json" label={label} value={shown} height={`${Math.min(mostHeight, lines * lineHeight + 14)}px`} />
    </div>
  );
}

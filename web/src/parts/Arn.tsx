import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';

// Arn shows an ARN with a button that copies it.
export function Arn({ arn }: { arn: string }) {
  return <CopyToClipboard variant="inline" textToCopy={arn} copyButtonAriaLabel="Copy the ARN" copySuccessText="Copied" copyErrorText="Could not copy" />;
}

import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import type { ReactNode } from 'react';
import { useStudio } from './context';

export type Show = 'canvas' | 'both' | 'code';

interface Props {
  title: string;
  show: Show;
  onShow: (s: Show) => void;
  changed: boolean;
  saving: boolean;
  palette: boolean;
  onPalette: () => void;
  onSettings: () => void;
  onSave: () => void;
  onPublish: () => void;
  onRun: () => void;
  onExport: (id: string) => void;
  back: ReactNode;
}

const exports = [
  { id: 'json', text: 'JSON' },
  { id: 'yaml', text: 'YAML' },
  { id: 'svg', text: 'Picture (SVG)' },
  { id: 'cdk', text: 'AWS CDK (TypeScript)' },
  { id: 'sam', text: 'AWS SAM' },
  { id: 'terraform', text: 'Terraform' },
];

export function Toolbar(p: Props) {
  const { workflow, readonly, place } = useStudio();
  return (
    <header className="toolbar">
      {p.back}
      <h1 title={p.title}>{p.title}</h1>
      {p.changed && <span className="changed">Not saved</span>}
      <span className="space" />
      <Button variant="icon" iconName={p.palette ? 'angle-left-double' : 'angle-right-double'} ariaLabel={p.palette ? 'Hide the palette' : 'Show the palette'} onClick={p.onPalette} />
      <Button variant="icon" iconName="undo" ariaLabel="Undo" disabled={!workflow.canUndo} onClick={workflow.undo} />
      <Button variant="icon" iconName="redo" ariaLabel="Redo" disabled={!workflow.canRedo} onClick={workflow.redo} />
      <SegmentedControl
        label="View"
        selectedId={p.show}
        onChange={({ detail }) => p.onShow(detail.selectedId as Show)}
        options={[
          { id: 'canvas', text: 'Canvas' },
          { id: 'both', text: 'Both' },
          { id: 'code', text: 'Code' },
        ]}
      />
      <Button iconName="settings" variant={place ? 'icon' : 'icon'} ariaLabel="Settings of the workflow" onClick={p.onSettings} />
      <ButtonDropdown items={exports} onItemClick={({ detail }) => p.onExport(detail.id)}>
        Export
      </ButtonDropdown>
      {!readonly && (
        <ButtonDropdown
          variant="primary"
          loading={p.saving}
          mainAction={{ text: 'Save', onClick: p.onSave }}
          ariaLabel="More ways to save"
          items={[
            { id: 'publish', text: 'Save and publish a version' },
            { id: 'run', text: 'Save and run' },
          ]}
          onItemClick={({ detail }) => (detail.id === 'publish' ? p.onPublish() : p.onRun())}
        />
      )}
    </header>
  );
}

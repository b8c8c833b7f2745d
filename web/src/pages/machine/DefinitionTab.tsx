import SpaceBetween from '@cloudscape-design/components/space-between';
import Grid from '@cloudscape-design/components/grid';
import { Graph } from '../../graph/Graph';
import { useView } from '../../app/navigation';
import { Code } from '../../parts/Code';
import { pretty } from '../../parts/json';
import type { Machine } from '.';

const height = 620;

// DefinitionTab shows a definition as picture and as text, side by side where there is room.
export default function DefinitionTab({ machine }: { machine: Machine }) {
  const [view, setView] = useView();
  return (
    <SpaceBetween size="m">
      <Grid gridDefinition={[{ colspan: { default: 12, m: 6 } }, { colspan: { default: 12, m: 6 } }]}>
        <div style={{ height }}>
          <Graph definition={machine.definition} label={`Graph of ${machine.name}`} selected={view.state} onSelect={(state) => setView({ state })} />
        </div>
        <Code value={pretty(machine.definition)} language="json" label="Definition" height={`${height}px`} />
      </Grid>
    </SpaceBetween>
  );
}

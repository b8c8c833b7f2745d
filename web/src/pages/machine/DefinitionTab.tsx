import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Grid from '@cloudscape-design/components/grid';
import { useQuery } from '@tanstack/react-query';
import { Canvas } from '../../graph/Canvas';
import { layoutQuery } from '../../graph/layout';
import { useView } from '../../app/navigation';
import { Code } from '../../parts/Code';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { pretty } from '../../parts/json';
import type { Machine } from '.';

const height = 620;

// DefinitionTab shows a definition as picture and as text, side by side where there is room.
export default function DefinitionTab({ machine }: { machine: Machine }) {
  const layout = useQuery(layoutQuery(machine.definition));
  const [view, setView] = useView();
  return (
    <SpaceBetween size="m">
      {layout.error && <ErrorAlert error={layout.error} header="The graph could not be laid out" />}
      <Grid gridDefinition={[{ colspan: { default: 12, m: 6 } }, { colspan: { default: 12, m: 6 } }]}>
        <div style={{ height }}>
          {layout.data ? (
            <Canvas layout={layout.data} label={`Graph of ${machine.name}`} selected={view.state} onSelect={(state) => setView({ state })} />
          ) : (
            <Spinner />
          )}
        </div>
        <Code value={pretty(machine.definition)} language="json" label="Definition" height={`${height}px`} />
      </Grid>
    </SpaceBetween>
  );
}

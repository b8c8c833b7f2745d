import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Canvas } from './Canvas';
import { layoutQuery } from './layout';
import { ErrorAlert } from '../parts/ErrorAlert';

interface Props {
  definition: string;
  label: string;
  height: number; // px
}

// Picture shows the graph of a definition, to be looked at. Load it lazily: the graph's library is large.
export default function Picture({ definition, label, height }: Props) {
  const layout = useQuery(layoutQuery(definition));
  const [selected, setSelected] = useState<string>();
  if (layout.error) return <ErrorAlert error={layout.error} header="The graph could not be laid out" />;
  return <div style={{ height }}>{layout.data ? <Canvas layout={layout.data} label={label} selected={selected} onSelect={setSelected} /> : <Spinner />}</div>;
}

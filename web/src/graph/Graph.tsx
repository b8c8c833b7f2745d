import Spinner from '@cloudscape-design/components/spinner';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import './graph.css';
import { ErrorAlert } from '../parts/ErrorAlert';
import { Canvas, type CanvasProps } from './Canvas';
import { containersOf, folded, manyStates } from './fold';
import { layoutQuery } from './layout';

type Props = Omit<CanvasProps, 'layout' | 'folds'> & { definition: string };

// Graph lays a definition out and shows it. Its containers can be closed; of many states they are at first.
export function Graph({ definition, ...rest }: Props) {
  const containers = useMemo(() => containersOf(definition), [definition]);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const closed = useMemo(() => {
    if (containers.states <= manyStates) return toggled;
    return new Set([...containers.inside.keys()].filter((id) => !toggled.has(id)));
  }, [containers, toggled]);
  const text = useMemo(() => folded(definition, closed), [definition, closed]);
  const layout = useQuery({ ...layoutQuery(text), placeholderData: keepPreviousData });
  const toggle = useCallback((id: string) => setToggled((old) => new Set(old.has(id) ? [...old].filter((x) => x !== id) : [...old, id])), []);
  const folds = useMemo(() => ({ inside: containers.inside, closed, toggle }), [containers, closed, toggle]);
  if (layout.error) return <ErrorAlert error={layout.error} header="The graph could not be laid out" />;
  if (!layout.data) return <div className="graph-waits"><Spinner size="large" /></div>;
  return <Canvas {...rest} layout={layout.data} folds={folds} />;
}

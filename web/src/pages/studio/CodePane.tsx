import SegmentedControl from '@cloudscape-design/components/segmented-control';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { post } from '../../api/client';
import type { Converted } from '../../api/model';
import { Code } from '../../parts/Code';
import { useStudio } from './context';
import { useSettled } from './server';

export type Format = 'json' | 'yaml';

// CodePane shows the text of the workflow.
export function CodePane({ format, onFormat }: { format: Format; onFormat: (f: Format) => void }) {
  return (
    <div className="code-pane">
      <div className="code-head">
        <SegmentedControl
          label="Format"
          selectedId={format}
          onChange={({ detail }) => onFormat(detail.selectedId as Format)}
          options={[
            { id: 'json', text: 'JSON' },
            { id: 'yaml', text: 'YAML' },
          ]}
        />
      </div>
      {format === 'json' ? <JsonCode /> : <YamlCode />}
    </div>
  );
}

function JsonCode() {
  const { workflow } = useStudio();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => workflow.show(place.current!), [workflow]);
  return <div ref={place} className="code-json" />;
}

// YamlCode shows the text as YAML. What is written there becomes the text once the server has understood it; comments
// live as long as this view does, since the text itself is JSON.
function YamlCode() {
  const { workflow, text } = useStudio();
  const [yaml, setYaml] = useState<string>();
  const [wrong, setWrong] = useState<string>();
  // The JSON that this view wrote or read last: any other came from elsewhere.
  const ours = useRef<string>(undefined);
  const read = useQuery({
    queryKey: ['yaml', text],
    queryFn: ({ signal }) => post<Converted>('convert', { text, to: 'yaml' }, signal),
    enabled: ours.current !== text,
    retry: false,
    staleTime: Infinity,
  });
  useEffect(() => {
    if (!read.data || ours.current === text) return;
    ours.current = text;
    setYaml(read.data.text);
    setWrong(undefined);
  }, [read.data, text]);
  const written = useSettled(yaml, 300);
  const shown = read.data?.text;
  useEffect(() => {
    if (written === undefined || written === shown) return;
    let here = true;
    post<Converted>('convert', { text: written, to: 'json' }).then(
      (c) => {
        if (!here) return;
        const next = pretty(c.text);
        ours.current = next;
        setWrong(undefined);
        workflow.apply(next);
      },
      (e: unknown) => here && setWrong(e instanceof Error ? e.message : String(e)),
    );
    return () => {
      here = false;
    };
  }, [written, shown, workflow]);
  if (yaml === undefined) return <p className="faint pad">{read.error ? `This cannot be shown as YAML: ${read.error.message}` : 'Converting …'}</p>;
  return (
    <div className="code-yaml">
      {wrong && <p className="wrong pad" role="alert">{wrong}</p>}
      <Code value={yaml} language="yaml" label="Definition as YAML" height="100%" onChange={setYaml} />
    </div>
  );
}

// pretty sets JSON out in lines without a change to its numbers.
function pretty(text: string): string {
  if (text.includes('\n')) return text;
  try {
    const value: unknown = JSON.parse(text);
    const out = JSON.stringify(value, null, 2) + '\n';
    return JSON.stringify(value) === text ? out : text;
  } catch {
    return text;
  }
}

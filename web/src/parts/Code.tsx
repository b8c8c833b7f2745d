import { lazy, Suspense } from 'react';

// Code shows text in an editor that is loaded when it is first needed. Until then the text is plain.
const Editor = lazy(() => import('../editor/Editor'));

export interface CodeProps {
  value: string;
  language: 'json' | 'yaml' | 'text';
  label: string;
  height?: string;
  onChange?: (text: string) => void; // none: it is for reading
}

export function Code(props: CodeProps) {
  return (
    <Suspense fallback={<pre className="mono" style={{ margin: 0, overflow: 'auto', maxHeight: props.height }}>{props.value}</pre>}>
      <Editor {...props} />
    </Suspense>
  );
}

import { Panel } from '@xyflow/react';
import { useState } from 'react';

const fewStates = 6; // up to here all are in sight

interface Props {
  names: string[];
  onFind: (name: string | undefined) => void;
}

// Find looks for states by a part of their name: Enter goes from one to the next, Escape ends it.
export function Find({ names, onFind }: Props) {
  const [text, setText] = useState('');
  const [place, setPlace] = useState(-1);
  if (names.length <= fewStates) return null;
  const wanted = text.trim().toLowerCase();
  const matches = wanted ? names.filter((name) => name.toLowerCase().includes(wanted)) : [];
  const show = (i: number) => {
    setPlace(i);
    onFind(matches[i]);
  };
  const key = (event: React.KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter' && matches.length > 0) show((place + (event.shiftKey ? matches.length - 1 : 1)) % matches.length);
    else if (event.key === 'Escape') {
      setText('');
      onFind(undefined);
      event.currentTarget.blur();
    } else return;
    event.preventDefault();
  };
  return (
    <Panel position="top-right" className="graph-find">
      <input
        type="search"
        value={text}
        placeholder="Find a state  /"
        aria-label="Find a state"
        onKeyDown={key}
        onChange={(e) => {
          setText(e.target.value);
          setPlace(-1);
        }}
      />
      {wanted && (
        <span role="status">
          {matches.length === 0 ? 'none' : place < 0 ? `${matches.length}` : `${place + 1} of ${matches.length}`}
        </span>
      )}
    </Panel>
  );
}

import Modal from '@cloudscape-design/components/modal';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { flowPieces, found, matching, optimisedPieces, patternPieces, type Piece, usualPieces } from '../../studio/pieces';
import { Glyph } from './canvas/Glyph';
import { colours } from './colours';
import { useFocus } from './focus';
import { recentPieces } from './recent';
import { integrationsQuery } from './server';

const most = 40;

function usePieces(search: string): Piece[] {
  const { data } = useQuery(integrationsQuery);
  return useMemo(() => {
    const small = [...flowPieces, ...usualPieces, ...patternPieces];
    if (!search) {
      const recent = recentPieces();
      return [...recent.slice(0, 3), ...small.filter((p) => !recent.slice(0, 3).some((r) => r.id === p.id))];
    }
    const all = [...small, ...(data ? optimisedPieces(data) : []), ...(data ? found(data, search, most) : [])];
    const begins = (p: Piece) => (p.title.toLowerCase().startsWith(search.toLowerCase()) ? 0 : 1);
    const unique = [...new Map(all.map((p) => [p.id, p])).values()];
    return matching(unique, search).sort((a, b) => begins(a) - begins(b)).slice(0, most);
  }, [search, data]);
}

// Picker asks which piece to put in: type a few letters, Enter takes the first.
export function Picker({ title, onPick, onClose }: { title: string; onPick: (p: Piece) => void; onClose: () => void }) {
  const [search, setSearch] = useState('');
  const [at, setAt] = useState(0);
  const pieces = usePieces(search);
  const list = useRef<HTMLUListElement>(null);
  const input = useRef<HTMLInputElement>(null);
  useFocus(input);
  useEffect(() => list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }), [at]);
  const press = (e: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) setAt((i) => Math.min(Math.max(i + step, 0), pieces.length - 1));
    else if (e.key === 'Enter' && pieces[at]) onPick(pieces[at]);
    else return;
    e.preventDefault();
  };
  return (
    <Modal visible header={title} onDismiss={onClose} closeAriaLabel="Close" size="medium">
      <div className="picker" style={colours}>
        <input
          ref={input}
          role="combobox"
          aria-label="What to put in"
          aria-expanded="true"
          aria-controls="picker-list"
          aria-activedescendant={pieces[at] ? `piece-${at}` : undefined}
          placeholder="Choice, wait, lambda, dynamodb put …"
          value={search}
          onChange={(e) => {
            setSearch(e.target.value);
            setAt(0);
          }}
          onKeyDown={press}
        />
        <ul ref={list} id="picker-list" role="listbox" aria-label="Pieces">
          {pieces.map((p, i) => (
            <li key={p.id} id={`piece-${i}`} role="option" aria-selected={i === at} onClick={() => onPick(p)} onMouseMove={() => setAt(i)}>
              <Glyph type={p.glyph} />
              <span className="texts">
                <span className="name">{p.title}</span>
                <span className="kind">{p.text}</span>
              </span>
              <span className="faint">{p.group}</span>
            </li>
          ))}
          {pieces.length === 0 && <li className="faint">Nothing has these words.</li>}
        </ul>
      </div>
    </Modal>
  );
}

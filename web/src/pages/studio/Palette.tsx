import Input from '@cloudscape-design/components/input';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { flowPieces, found, matching, optimisedPieces, patternPieces, type Piece, sdkPiece, usualPieces } from '../../studio/pieces';
import { placesIn, endTypes, typeAt } from '../../studio/states';
import { Glyph } from './canvas/Glyph';
import { Choose } from './Choose';
import { useStudio } from './context';
import { beginDrag, endDrag } from './dragging';
import { recentPieces } from './recent';
import { integrationsQuery } from './server';

type Tab = 'flow' | 'actions' | 'patterns' | 'recent';

interface Group {
  title: string;
  pieces: Piece[];
}

const most = 60;

function useGroups(tab: Tab, search: string): Group[] {
  const { data } = useQuery(integrationsQuery);
  return useMemo(() => {
    const optimised = data ? optimisedPieces(data) : usualPieces;
    if (search) {
      return [
        { title: 'Flow', pieces: matching(flowPieces, search) },
        { title: 'Patterns', pieces: matching(patternPieces, search) },
        { title: 'Optimised integrations', pieces: matching(optimised, search).slice(0, most) },
        { title: 'AWS SDK', pieces: data ? found(data, search, most) : [] },
      ];
    }
    switch (tab) {
      case 'flow':
        return [
          { title: 'Most used', pieces: usualPieces.slice(0, 4) },
          { title: 'Flow', pieces: flowPieces },
        ];
      case 'actions':
        return [
          { title: 'Most used', pieces: usualPieces },
          { title: 'Optimised integrations', pieces: optimised },
        ];
      case 'patterns':
        return [{ title: 'Patterns', pieces: patternPieces }];
      case 'recent':
        return [{ title: 'Recent', pieces: recentPieces() }];
    }
  }, [tab, search, data]);
}

// Palette has all that can be put into a workflow: to be dragged, or clicked to come after the selected state.
export function Palette() {
  const [search, setSearch] = useState('');
  const [tab, setTab] = useState<Tab>('flow');
  const groups = useGroups(tab, search).filter((g) => g.pieces.length > 0);
  return (
    <aside className="palette" aria-label="Palette">
      <Input type="search" value={search} onChange={({ detail }) => setSearch(detail.value)} placeholder="Search 10,000 actions" ariaLabel="Search the palette" />
      {!search && (
        <Choose
          label="Palette"
          active={tab}
          onChange={setTab}
          panel="palette-pieces"
          tabs={[
            { id: 'flow', text: 'Flow' },
            { id: 'actions', text: 'Actions' },
            { id: 'patterns', text: 'Patterns' },
            { id: 'recent', text: 'Recent' },
          ]}
        />
      )}
      <div className="pieces" id="palette-pieces" tabIndex={0} role="group" aria-label="What can be put in">
        {groups.map((g) => (
          <section key={g.title} aria-label={g.title}>
            <h3>{g.title}</h3>
            {g.pieces.map((p) => (
              <Tile key={p.id} piece={p} />
            ))}
          </section>
        ))}
        {groups.length === 0 && <p className="faint">{search ? 'Nothing has these words.' : 'What you put in comes here.'}</p>}
        {tab === 'actions' && !search && <Services />}
      </div>
    </aside>
  );
}

function Tile({ piece }: { piece: Piece }) {
  const { place, tree, insert, readonly } = useStudio();
  const put = () => {
    if (!place) {
      // Without a selection a piece goes to the end of what there is.
      const last = placesIn(tree).filter((p) => p.scope.length === 0 && !endTypes.has(typeAt(tree, p))).at(-1);
      insert(piece.id, piece.title, last ? { after: last } : { in: [] });
    } else insert(piece.id, piece.title, endTypes.has(typeAt(tree, place)) ? { before: place } : { after: place });
  };
  return (
    <button
      type="button"
      className="piece"
      disabled={readonly}
      draggable={!readonly}
      data-piece={piece.id}
      title={piece.id.startsWith('task:') ? piece.id.slice(5) : piece.text}
      onDragStart={(e) => beginDrag(e, { piece: piece.id, title: piece.title, move: '' })}
      onDragEnd={endDrag}
      onClick={put}
    >
      <Glyph type={piece.glyph} />
      <span className="texts">
        <span className="name">{piece.title}</span>
        <span className="kind">{piece.text}</span>
      </span>
    </button>
  );
}

// Services are all that the SDKs of AWS know, a service at a time.
function Services() {
  const { data } = useQuery(integrationsQuery);
  const [open, setOpen] = useState<string>();
  return (
    <section aria-label="AWS SDK services">
      <h3>AWS SDK services ({data?.services.length ?? 0})</h3>
      {data?.services.map((s) => (
        <div key={s.name}>
          <button type="button" className="service" aria-expanded={open === s.name} onClick={() => setOpen(open === s.name ? undefined : s.name)}>
            {open === s.name ? '▾' : '▸'} {s.title} <span className="faint">{s.actions.length}</span>
          </button>
          {open === s.name && s.actions.map((a) => <Tile key={a} piece={sdkPiece(s.name, s.title, a)} />)}
        </div>
      ))}
    </section>
  );
}

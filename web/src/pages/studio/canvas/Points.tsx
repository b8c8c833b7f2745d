import { ViewportPortal } from '@xyflow/react';
import type { Point } from '../../../studio/points';

interface Props {
  points: Point[];
  dragging: boolean;
  over: string | undefined; // the point that would get what is dragged
  onPick: (p: Point) => void;
}

// Points are the buttons on the lines where a state can be put in; while something is dragged, the zones for it.
export function Points({ points, dragging, over, onPick }: Props) {
  return (
    <ViewportPortal>
      {points.map((p) => (
        <button
          key={p.id}
          type="button"
          className={`point nopan${dragging ? ' zone' : ''}${over === p.id ? ' over' : ''}`}
          style={{ transform: `translate(-50%, -50%) translate(${p.x}px, ${p.y}px)` }}
          aria-label={p.label}
          title={p.label}
          data-point={p.id}
          tabIndex={-1}
          onClick={() => onPick(p)}
        >
          <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
            <path d="M5 0.5v9M0.5 5h9" stroke="currentColor" strokeWidth="1.6" />
          </svg>
        </button>
      ))}
    </ViewportPortal>
  );
}

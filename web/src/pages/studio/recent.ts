import type { Piece } from '../../studio/pieces';

// The pieces that somebody put in last, in this browser.
const key = 'statelark.studio.recent';
const most = 8;

export function recentPieces(): Piece[] {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? '[]') as Piece[]).slice(0, most);
  } catch {
    return [];
  }
}

export function remember(piece: Piece): void {
  const rest = recentPieces().filter((p) => p.id !== piece.id);
  try {
    localStorage.setItem(key, JSON.stringify([piece, ...rest].slice(0, most)));
  } catch {
    // A browser that stores nothing has none.
  }
}

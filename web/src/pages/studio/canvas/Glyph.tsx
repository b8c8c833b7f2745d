import { glyphs, unknownGlyph } from '../../../graph/glyphs';

// Glyph is the sign of a type of state.
export function Glyph({ type, size = 18 }: { type: string; size?: number }) {
  return (
    <svg className="glyph" width={size} height={size} viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={glyphs[type] ?? unknownGlyph} />
    </svg>
  );
}

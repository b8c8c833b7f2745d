import './fact.css';
import { colorTextBodyDefault, colorTextBodySecondary, fontFamilyBase } from '@cloudscape-design/design-tokens';
import type { CSSProperties, ReactNode } from 'react';

const style = { '--fact-name': colorTextBodySecondary, color: colorTextBodyDefault, fontFamily: fontFamilyBase, fontSize: 14 } as CSSProperties;

// FactList is what is known of something, in a line or as many as it takes.
export function FactList({ children }: { children: ReactNode }) {
  return (
    <dl className="facts" style={style}>
      {children}
    </dl>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

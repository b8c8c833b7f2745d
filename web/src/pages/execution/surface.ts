import { colorTextBodyDefault, fontFamilyBase } from '@cloudscape-design/design-tokens';
import type { CSSProperties } from 'react';
import { colours } from '../../graph/colours';
import { surface as shared } from '../../parts/surface';

// surface are the variables of execution.css.
export const surface = { ...colours, ...shared, '--text': colorTextBodyDefault, fontFamily: fontFamilyBase, color: colorTextBodyDefault, fontSize: 14 } as CSSProperties;

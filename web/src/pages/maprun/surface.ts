import { colorTextBodyDefault, fontFamilyBase } from '@cloudscape-design/design-tokens';
import type { CSSProperties } from 'react';
import { colours } from '../../graph/colours';
import { surface as shared } from '../../parts/surface';

export const surface = { ...colours, ...shared, fontFamily: fontFamilyBase, color: colorTextBodyDefault, fontSize: 14 } as CSSProperties;

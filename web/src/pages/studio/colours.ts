import { colorBorderDividerDefault, fontFamilyBase } from '@cloudscape-design/design-tokens';
import type { CSSProperties } from 'react';
import { colours as graph } from '../../graph/colours';

// colours are the variables of studio.css: those of the canvas, one for the lines between panes, and the font.
export const colours = { ...graph, '--graph-rule': colorBorderDividerDefault, fontFamily: fontFamilyBase } as CSSProperties;

import { colorBorderDividerDefault } from '@cloudscape-design/design-tokens';
import type { CSSProperties } from 'react';
import { colours as graph } from '../../graph/colours';

// colours are the variables of studio.css: those of the canvas, and one for the lines between panes.
export const colours = { ...graph, '--graph-rule': colorBorderDividerDefault } as CSSProperties;

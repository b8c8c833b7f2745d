import {
  colorBackgroundContainerContent,
  colorBackgroundLayoutMain,
  colorBorderControlDefault,
  colorBorderItemFocused,
  colorTextBodyDefault,
  colorTextBodySecondary,
  colorTextStatusError,
  colorTextStatusInfo,
  colorTextStatusSuccess,
  colorTextStatusWarning,
  colorBackgroundDropdownItemHover,
} from '@cloudscape-design/design-tokens';
import type { CSSProperties } from 'react';

// colours are the variables of graph.css, by Cloudscape's tokens: both modes are theirs.
export const colours = {
  '--graph-ground': colorBackgroundLayoutMain,
  '--graph-node': colorBackgroundContainerContent,
  '--graph-inside': colorBackgroundDropdownItemHover,
  '--graph-line': colorBorderControlDefault,
  '--graph-edge': colorTextBodySecondary,
  '--graph-text': colorTextBodyDefault,
  '--graph-faint': colorTextBodySecondary,
  '--graph-good': colorTextStatusSuccess,
  '--graph-bad': colorTextStatusError,
  '--graph-busy': colorTextStatusInfo,
  '--graph-warn': colorTextStatusWarning,
  '--graph-focus': colorBorderItemFocused,
} as CSSProperties;

import {
  colorBackgroundButtonPrimaryDefault,
  colorBackgroundContainerContent,
  colorBackgroundDropdownItemHover,
  colorBackgroundItemSelected,
  colorBorderDividerDefault,
  colorTextBodySecondary,
} from '@cloudscape-design/design-tokens';
import type { CSSProperties } from 'react';

// surface is the variables that our own style sheets use, by Cloudscape's tokens.
export const surface = {
  '--surface': colorBackgroundContainerContent,
  '--divider': colorBorderDividerDefault,
  '--selected': colorBackgroundItemSelected,
  '--hover': colorBackgroundDropdownItemHover,
  '--faint': colorTextBodySecondary,
  '--accent': colorBackgroundButtonPrimaryDefault,
} as CSSProperties;

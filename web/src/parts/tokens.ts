import { colorChartsPaletteCategorical1 } from '@cloudscape-design/design-tokens';

// A name of our own for the colour of figures that are neither good nor bad.
export const colorFigure = colorChartsPaletteCategorical1;

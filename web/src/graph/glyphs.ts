// Small pictures of the types of states, as paths in a square of 20 pixels. They are our own; graph/glyph.go has the same.
export const glyphs: Record<string, string> = {
  Task: 'M3 3h14v14h-14zM7 10l2.5 2.5l4.5-5',
  Pass: 'M2 10h14M11 5l5 5l-5 5',
  Choice: 'M10 2l8 8l-8 8l-8-8zM10 7v3.5M10 13v.1',
  Wait: 'M10 2a8 8 0 1 0 .01 0M10 5.5v4.5l3.5 2',
  Parallel: 'M10 2v3M4 8v-3h12v3M4 8v7M10 5v10M16 8v7M4 15v3h12v-3M10 15v3',
  Map: 'M3 5h10M3 10h10M3 15h10M17 5v10M15 13l2 2l2-2',
  Succeed: 'M10 2a8 8 0 1 0 .01 0M6 10.5l2.8 2.8l5.2-6',
  Fail: 'M10 2a8 8 0 1 0 .01 0M7 7l6 6M13 7l-6 6',
};

export const unknownGlyph = 'M7 7.5a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M10 16v.1';

// A scale of time from which idle gaps are cut: a wait of two hours between steps of a second would leave nothing to see.

export interface Gap {
  from: number; // ms since 1970
  to: number;
  at: number; // place, 0 to 1
}

export interface Scale {
  place: (time: number) => number; // 0 to 1
  gaps: Gap[];
}

export interface Span {
  start: number;
  stop: number;
}

const gapShare = 0.03; // of the width, for each gap
const idle = 0.15; // a gap is at least this share of the whole,
const least = 5_000; // and at least this long: what is shorter can be looked at

// scaleOf makes a scale from start to stop. Busy are the spans in which something happened.
export function scaleOf(start: number, stop: number, busy: Span[], fold: boolean): Scale {
  const whole = Math.max(1, stop - start);
  const isGap = (ms: number) => ms > Math.max(least, whole * idle);
  const gaps: { from: number; to: number }[] = [];
  if (fold) {
    let reached = start;
    for (const span of [...busy].sort((a, b) => a.start - b.start)) {
      if (isGap(span.start - reached)) gaps.push({ from: reached, to: span.start });
      reached = Math.max(reached, span.stop);
    }
    if (isGap(stop - reached)) gaps.push({ from: reached, to: stop });
  }
  const cut = gaps.reduce((sum, g) => sum + g.to - g.from, 0);
  const left = Math.max(1, whole - cut);
  const room = 1 - gaps.length * gapShare;
  const place = (time: number): number => {
    let x = 0;
    let from = start;
    for (const g of gaps) {
      if (time <= g.from) break;
      x += ((Math.min(time, g.from) - from) / left) * room;
      if (time < g.to) return x + ((time - g.from) / (g.to - g.from)) * gapShare;
      x += gapShare;
      from = g.to;
    }
    return Math.min(1, Math.max(0, x + ((Math.min(time, stop) - from) / left) * room));
  };
  return { place, gaps: gaps.map((g) => ({ ...g, at: place(g.from) + gapShare / 2 })) };
}

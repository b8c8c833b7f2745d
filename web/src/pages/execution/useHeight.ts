import { useSyncExternalStore } from 'react';

const above = 372; // px of the page that are not the view
const least = 400;
const most = 1000;

function subscribe(changed: () => void): () => void {
  window.addEventListener('resize', changed);
  return () => window.removeEventListener('resize', changed);
}

// useHeight returns how high a view is: so that it and the scrubber are in sight together, where the window is high enough.
export function useHeight(): number {
  return useSyncExternalStore(subscribe, () => Math.min(most, Math.max(least, window.innerHeight - above)));
}

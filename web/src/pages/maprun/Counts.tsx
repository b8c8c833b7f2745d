import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import { done } from './figures';

// What a count can be of, in the order in which the bar shows them.
const kinds = [
  ['succeeded', 'Succeeded', 'good'],
  ['failed', 'Failed', 'bad'],
  ['timedOut', 'Timed out', 'bad'],
  ['aborted', 'Aborted', 'gone'],
  ['running', 'Running', 'busy'],
  ['pending', 'Pending', 'open'],
] as const;

type Numbers = Record<(typeof kinds)[number][0] | 'total', number>;

const written = (n: number) => n.toLocaleString('en');

// Counts shows how many there are of each status, and what share of all that is.
export function Counts({ title, counts }: { title: string; counts: Numbers }) {
  const total = Math.max(1, counts.total);
  const share = Math.floor((done(counts) / total) * 100);
  return (
    <Container header={<Header variant="h2" counter={`(${written(counts.total)})`}>{title}</Header>}>
      <div className="counts-bar" role="img" aria-label={`${share} % done: ${kinds.filter(([k]) => counts[k] > 0).map(([k, word]) => `${counts[k]} ${word.toLowerCase()}`).join(', ')}`}>
        {kinds.map(([kind, , look]) => counts[kind] > 0 && <span key={kind} className={`is-${look}`} style={{ width: `${(counts[kind] / total) * 100}%` }} />)}
      </div>
      <dl className="counts">
        <div>
          <dt>Done</dt>
          <dd>{share} %</dd>
        </div>
        {kinds.map(([kind, word, look]) => (
          <div key={kind}>
            <dt>
              <i className={`is-${look}`} /> {word}
            </dt>
            <dd>{written(counts[kind])}</dd>
          </div>
        ))}
      </dl>
    </Container>
  );
}

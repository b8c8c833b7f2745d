import type { Visit } from '../../../history/fold';
import { formatBytes } from '../../../parts/time';

const width = 1000;
const height = 110;
const most = 250; // bars; of more visits each bar is the largest of some

// largest returns as many visits as there may be bars, the largest of each stretch.
function largest(visits: Visit[]): Visit[] {
  if (visits.length <= most) return visits;
  const per = Math.ceil(visits.length / most);
  const kept: Visit[] = [];
  for (let i = 0; i < visits.length; i += per) {
    kept.push(visits.slice(i, i + per).reduce((a, b) => (size(b) > size(a) ? b : a)));
  }
  return kept;
}

const size = (v: Visit) => Math.max(v.inputBytes, v.outputBytes);

interface Props {
  visits: Visit[];
  selected?: Visit;
  onSelect: (visit: Visit) => void;
}

// Sizes shows how large inputs and outputs were, a pair of bars a visit.
export function Sizes({ visits, selected, onSelect }: Props) {
  const bars = largest(visits);
  const top = Math.max(1, ...bars.map(size));
  const step = width / Math.max(12, bars.length);
  const y = (n: number) => Math.max(n > 0 ? 1.5 : 0, (n / top) * (height - 4));
  const biggest = bars.reduce<Visit | undefined>((a, b) => (!a || size(b) > size(a) ? b : a), undefined);
  return (
    <figure className="sizes">
      <figcaption>
        Size of the data, by state. {biggest && size(biggest) > 0 && `The largest is ${formatBytes(size(biggest))}, in ${biggest.name}.`} <span className="key is-in">input</span> <span className="key is-out">output</span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} width="100%" height={height} preserveAspectRatio="none" role="img" aria-label={`Sizes of the inputs and outputs of ${visits.length} visits`}>
        {bars.map((v, i) => (
          <g key={v.id} onClick={() => onSelect(v)} style={{ cursor: 'pointer' }} className={v === selected ? 'is-selected' : undefined}>
            <title>{`${v.name}: ${formatBytes(v.inputBytes)} → ${formatBytes(v.outputBytes)}`}</title>
            <rect className="hit" x={i * step} y={0} width={step} height={height} />
            <rect className="in" x={i * step + step * 0.1} y={height - y(v.inputBytes)} width={step * 0.38} height={y(v.inputBytes)} />
            <rect className="out" x={i * step + step * 0.52} y={height - y(v.outputBytes)} width={step * 0.38} height={y(v.outputBytes)} />
          </g>
        ))}
      </svg>
    </figure>
  );
}

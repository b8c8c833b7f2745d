import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';
import type { Samples } from '../../api/model';
import { useView } from '../../app/navigation';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { SampleCards } from './SampleCards';
import { SampleDetail } from './SampleDetail';

export default function SamplesPage() {
  const { data, error, refetch } = useQuery({ queryKey: ['samples'], queryFn: ({ signal }) => get<Samples>('samples', {}, signal), staleTime: Infinity });
  const [view] = useView();
  if (error) return <ErrorAlert error={error} retry={() => void refetch()} />;
  if (!data) return <Spinner size="large" />;
  const sample = data.samples.find((s) => s.name === view.name);
  return sample ? <SampleDetail key={sample.name} sample={sample} /> : <SampleCards samples={data.samples} />;
}

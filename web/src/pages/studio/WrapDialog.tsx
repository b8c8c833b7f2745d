import Tiles from '@cloudscape-design/components/tiles';
import { useState } from 'react';
import { Confirm } from '../../parts/Confirm';

// WrapDialog asks what a state is wrapped in.
export function WrapDialog({ name, onWrap, onClose }: { name: string; onWrap: (type: 'Map' | 'Parallel') => void; onClose: () => void }) {
  const [type, setType] = useState<'Map' | 'Parallel'>('Map');
  return (
    <Confirm title={`Wrap “${name}”`} action="Wrap" onConfirm={async () => onWrap(type)} onClose={onClose}>
      <Tiles
        value={type}
        ariaLabel="In"
        onChange={({ detail }) => setType(detail.value as 'Map' | 'Parallel')}
        items={[
          { value: 'Map', label: 'Map', description: 'Do it for every item of a list' },
          { value: 'Parallel', label: 'Parallel', description: 'Do other things at the same time' },
        ]}
      />
    </Confirm>
  );
}

import './palette.css';
import Modal from '@cloudscape-design/components/modal';
import Table from '@cloudscape-design/components/table';
import { surface } from '../parts/surface';
import type { Key } from './keys';

type Row = Pick<Key, 'keys' | 'text'>;

const always: Row[] = [
  { keys: 'Ctrl K', text: 'Go to a page, a state machine, an ARN (or ⌘ K)' },
  { keys: 'Escape', text: 'Close what is open' },
];

// KeysHelp tells what keys do on the page that is shown.
export function KeysHelp({ keys, onClose }: { keys: Row[]; onClose: () => void }) {
  return (
    <Modal visible header="Keys" onDismiss={onClose} closeAriaLabel="Close">
      <div style={surface}>
        <Table
          variant="embedded"
          contentDensity="compact"
          items={[...keys, ...always]}
          trackBy="keys"
          ariaLabels={{ tableLabel: 'Keys' }}
          columnDefinitions={[
            {
              id: 'keys',
              header: 'Key',
              width: 130,
              cell: (k) => k.keys.split(' ').map((part, i) => <span key={i}>{i > 0 && ' '}<kbd>{part}</kbd></span>),
            },
            { id: 'text', header: 'Does', isRowHeader: true, cell: (k) => k.text },
          ]}
        />
      </div>
    </Modal>
  );
}

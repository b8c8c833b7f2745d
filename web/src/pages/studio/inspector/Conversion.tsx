import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import { useState } from 'react';
import { become } from '../../../studio/edit';
import { languageAt, type Place, stateAt } from '../../../studio/states';
import { toJsonata } from '../../../studio/toJsonata';
import { useStudio } from '../context';

// Conversion turns a state in JSONPath into one in JSONata, and says what it could not turn.
export function Conversion({ place }: { place: Place }) {
  const { tree, run, readonly } = useStudio();
  const [lost, setLost] = useState<string[]>([]);
  const convert = () => {
    const converted = toJsonata(stateAt(tree, place));
    setLost(converted.lost);
    run((text) => become(text, place.path, converted.state));
  };
  return (
    <>
      {languageAt(tree, place) === 'JSONPath' && !readonly && (
        <Button iconName="refresh" variant="inline-link" onClick={convert}>
          Convert this state to JSONata
        </Button>
      )}
      {lost.length > 0 && (
        <Alert type="warning" header="To be written by hand" dismissible onDismiss={() => setLost([])}>
          {lost.map((l) => (
            <div key={l}>{l}</div>
          ))}
        </Alert>
      )}
    </>
  );
}

import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useGo } from '../../app/navigation';

// Ways are those to a new state machine that are not this page.
export function Ways() {
  const go = useGo();
  return (
    <Container>
      <SpaceBetween direction="horizontal" size="xs" alignItems="center">
        <Button iconName="edit" onClick={() => go('/studio')}>
          Draw it in the Studio
        </Button>
        <Button iconName="add-plus" onClick={() => go('/samples')}>
          Begin with a sample
        </Button>
        <span>or paste or upload a definition below.</span>
      </SpaceBetween>
    </Container>
  );
}

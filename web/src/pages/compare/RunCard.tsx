import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import type { Execution } from '../../api/model';
import { paths } from '../../app/navigation';
import { qualifierOf } from '../../parts/arn';
import { Fact, FactList } from '../../parts/Fact';
import { PageLink } from '../../parts/PageLink';
import { Status } from '../../parts/Status';
import { Duration, Time } from '../../parts/Time';

// RunCard tells which execution a letter stands for.
export function RunCard({ letter, execution: x }: { letter: string; execution: Execution }) {
  const qualifier = qualifierOf(x.alias ?? x.version ?? '');
  return (
    <Container header={<Header variant="h2" info={<Status status={x.status} />}>{`${letter}: ${x.name}`}</Header>}>
      <FactList>
        <Fact name="Execution">
          <PageLink to={paths.execution(x.arn)}>{x.name}</PageLink>
        </Fact>
        <Fact name="State machine">
          <PageLink to={paths.machine(x.machine)}>{x.machineName}</PageLink>
          {qualifier && ` @ ${qualifier}`}
        </Fact>
        <Fact name="Started">
          <Time at={x.start} />
        </Fact>
        <Fact name="Duration">
          <Duration from={x.start} to={x.stop} />
        </Fact>
        {x.error && <Fact name="Error">{x.error}</Fact>}
      </FactList>
    </Container>
  );
}

import ExpandableSection from '@cloudscape-design/components/expandable-section';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { Loaded } from '../useExecution';
import type { Selection } from '../view';
import { Between } from './Between';
import { Sizes } from './Sizes';
import { Variables } from './Variables';

interface Props {
  arn: string;
  loaded: Loaded;
  selection: Selection;
  height: number;
}

// DataView shows the data on its way: how large it was, which variables were assigned, and what lies between two states.
export function DataView({ arn, loaded, selection, height }: Props) {
  const { counts } = selection;
  const visits = loaded.history.visits.filter((v) => v.id <= selection.at && (!counts || counts(v)));
  return (
    <div style={{ height, overflow: 'auto' }} role="region" aria-label="Data" tabIndex={0}>
      <SpaceBetween size="m">
        <Sizes visits={visits} selected={selection.visit} onSelect={selection.select} />
        <ExpandableSection defaultExpanded headerText="Variables, as they were assigned">
          <Variables arn={arn} visits={visits} onSelect={selection.select} />
        </ExpandableSection>
        <ExpandableSection defaultExpanded headerText="What is different between two states">
          <Between arn={arn} visits={visits} selected={selection.visit} />
        </ExpandableSection>
      </SpaceBetween>
    </div>
  );
}

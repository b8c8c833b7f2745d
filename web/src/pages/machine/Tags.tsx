import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import Spinner from '@cloudscape-design/components/spinner';
import TagEditor, { type TagEditorProps } from '@cloudscape-design/components/tag-editor';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { aws } from '../../api/client';
import { useMay } from '../../app/session';
import { ErrorAlert } from '../../parts/ErrorAlert';
import { tagsQuery, refresh } from './queries';

// Tags shows and changes the tags of a state machine.
export function Tags({ arn }: { arn: string }) {
  const { data, error: failed } = useQuery({ ...tagsQuery(arn), refetchOnWindowFocus: false });
  const [edited, setEdited] = useState<readonly TagEditorProps.Tag[]>();
  const [valid, setValid] = useState(true);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const editor = useMay('editor');
  const kept: readonly TagEditorProps.Tag[] = (data ?? []).map((t) => ({ key: t.key ?? '', value: t.value ?? '', existing: true }));
  const save = async () => {
    const tags = edited ?? kept;
    const gone = tags.filter((t) => t.markedForRemoval).map((t) => t.key);
    const set = tags.filter((t) => !t.markedForRemoval && t.key).map((t) => ({ key: t.key, value: t.value }));
    setBusy(true);
    setError(undefined);
    try {
      if (gone.length > 0) await aws('UntagResource', { resourceArn: arn, tagKeys: gone });
      if (set.length > 0) await aws('TagResource', { resourceArn: arn, tags: set });
      await refresh(arn);
      setEdited(undefined);
    } catch (e) {
      setError(e);
    }
    setBusy(false);
  };
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            editor && (
              <Button loading={busy} disabled={!edited || !valid} onClick={() => void save()}>
                Save
              </Button>
            )
          }
        >
          Tags
        </Header>
      }
    >
      {(failed ?? error) !== undefined && (failed ?? error) !== null && <ErrorAlert error={failed ?? error} />}
      {data ? (
        <TagEditor
          tags={edited ?? kept}
          tagLimit={50}
          onChange={({ detail }) => {
            setEdited(detail.tags);
            setValid(detail.valid);
          }}
          i18nStrings={{ keyPlaceholder: 'Key', valuePlaceholder: 'Value', addButton: 'Add a tag' }}
        />
      ) : (
        <Spinner />
      )}
    </Container>
  );
}

import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { Confirm } from '../Confirm';
import { forgetQuery, savedQueries, saveQuery } from './saved';

// SavedQueries offers queries that were kept, and to keep or forget one.
export function SavedQueries({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const [list, setList] = useState(savedQueries);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState('');
  const current = list.find((s) => s.q === q);
  const act = (id: string) => {
    if (id === 'save') setNaming(true);
    else if (id === 'forget' && current) {
      forgetQuery(current.name);
      setList(savedQueries());
    } else onSearch(list[Number(id)]?.q ?? '');
  };
  return (
    <>
      <ButtonDropdown
        ariaLabel="Saved queries"
        items={[
          ...(list.length > 0 ? [{ id: 'saved', text: 'Saved', items: list.map((s, i) => ({ id: String(i), text: s.name, description: s.q })) }] : []),
          { id: 'save', text: 'Save this query…', disabled: q === '' || current !== undefined },
          ...(current ? [{ id: 'forget', text: `Forget “${current.name}”` }] : []),
        ]}
        onItemClick={({ detail }) => act(detail.id)}
      >
        {current?.name ?? 'Saved queries'}
      </ButtonDropdown>
      {naming && (
        <Confirm
          title="Save the query"
          action="Save"
          disabled={name.trim() === ''}
          onConfirm={async () => {
            saveQuery({ name: name.trim(), q });
            setList(savedQueries());
          }}
          onClose={() => setNaming(false)}
        >
          <div className="mono">{q}</div>
          <FormField label="Name">
            <Input value={name} onChange={({ detail }) => setName(detail.value)} />
          </FormField>
        </Confirm>
      )}
    </>
  );
}

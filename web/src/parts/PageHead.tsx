import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type ReactNode, useEffect } from 'react';
import { href, useFollow } from '../app/navigation';

interface Props {
  title: string;
  path?: [text: string, path: string][]; // of the pages above it
  actions?: ReactNode;
  description?: ReactNode;
  info?: ReactNode;
  counter?: string;
}

// PageHead opens a page: where it is, what it is called, what can be done. It names the tab of the browser, too.
export function PageHead({ title, path = [], actions, description, info, counter }: Props) {
  const follow = useFollow();
  useEffect(() => {
    document.title = `${title} – Statelark`;
  }, [title]);
  return (
    <SpaceBetween size="xs">
      {path.length > 0 && (
        <BreadcrumbGroup items={[...path.map(([text, at]) => ({ text, href: href(at) })), { text: title, href: '#' }]} onFollow={follow} ariaLabel="Breadcrumbs" />
      )}
      <Header variant="h1" actions={actions} description={description} info={info} counter={counter}>
        {title}
      </Header>
    </SpaceBetween>
  );
}

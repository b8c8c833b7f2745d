import Link from '@cloudscape-design/components/link';
import type { ReactNode } from 'react';
import { href, useFollow } from '../app/navigation';

// PageLink leads to another page of the console.
export function PageLink({ to, children, ...rest }: { to: string; children: ReactNode; ariaLabel?: string; fontSize?: 'body-s' | 'body-m' | 'inherit' }) {
  const follow = useFollow();
  return (
    <Link href={href(to)} onFollow={follow} {...rest}>
      {children}
    </Link>
  );
}

import Box from '@cloudscape-design/components/box';
import Link from '@cloudscape-design/components/link';
import { href, useFollow } from './navigation';

export function NotFound() {
  const follow = useFollow();
  return (
    <Box textAlign="center" padding="xxxl">
      <Box variant="h1">There is no such page</Box>
      <Box padding="m">
        <Link href={href('/')} onFollow={follow}>
          To the overview
        </Link>
      </Box>
    </Box>
  );
}

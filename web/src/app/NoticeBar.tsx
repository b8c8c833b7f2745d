import Flashbar from '@cloudscape-design/components/flashbar';
import { forget, useNotices } from './notices';

// NoticeBar shows what people are told.
export function NoticeBar() {
  const notices = useNotices();
  return (
    <Flashbar
      items={notices.map((n) => ({ id: String(n.id), type: n.type, header: n.header, content: n.content, dismissible: true, dismissLabel: 'Close', onDismiss: () => forget(n.id) }))}
    />
  );
}

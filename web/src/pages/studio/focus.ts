import { type RefObject, useEffect } from 'react';

// useFocus gives a field the focus when a dialog opens, and again once the dialog has given it to its first button. A
// field that has the focus already does not notice.
export function useFocus(field: RefObject<{ focus: () => void } | null>): void {
  useEffect(() => {
    field.current?.focus();
    const timers = [0, 20, 60].map((ms) => setTimeout(() => field.current?.focus(), ms));
    return () => timers.forEach(clearTimeout);
  }, [field]);
}

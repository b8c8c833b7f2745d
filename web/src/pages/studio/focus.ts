import { type RefObject, useEffect } from 'react';

// useFocus gives a field the focus once a dialog, which gives it to its first button, is open.
export function useFocus(field: RefObject<{ focus: () => void } | null>): void {
  useEffect(() => {
    const timer = setTimeout(() => field.current?.focus(), 60);
    return () => clearTimeout(timer);
  }, [field]);
}

import { useQuery } from '@tanstack/react-query';
import type { Role, Session } from '../api/model';
import { sessionQuery } from './queries';

const ranks: Record<Role, number> = { viewer: 1, operator: 2, editor: 3, admin: 4 };

export function useSession(): Session | undefined {
  return useQuery(sessionQuery).data;
}

// useMay tells whether who looks has a role at least. The server decides; this is for what is shown.
export function useMay(role: Role): boolean {
  const session = useSession();
  return session !== undefined && ranks[session.role] >= ranks[role];
}

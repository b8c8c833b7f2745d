// Texts of times and durations.

const day = 86_400_000;

const pad = (n: number, width = 2) => String(n).padStart(width, '0');

// formatTime writes a time with milliseconds: 2026-11-30 08:15:02.123, in local time or, with Z, in UTC.
export function formatTime(at: number | string, utc = false): string {
  const d = new Date(at);
  if (Number.isNaN(d.getTime())) return '–';
  if (utc) return d.toISOString().replace('T', ' ');
  return (
    `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ` +
    `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}.${pad(d.getMilliseconds(), 3)}`
  );
}

// formatDuration writes milliseconds with at most two units: 12 ms, 3.4 s, 2 min 05 s, 3 h 10 min, 2 d 4 h.
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 0) ms = 0;
  if (ms < 1_000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${pad(Math.floor((ms % 60_000) / 1_000))} s`;
  if (ms < day) return `${Math.floor(ms / 3_600_000)} h ${pad(Math.floor((ms % 3_600_000) / 60_000))} min`;
  return `${Math.floor(ms / day)} d ${Math.floor((ms % day) / 3_600_000)} h`;
}

// formatAgo writes how long ago something was, or in how long it will be.
export function formatAgo(at: number | string, now = Date.now()): string {
  const ms = now - new Date(at).getTime();
  if (Number.isNaN(ms)) return '–';
  if (Math.abs(ms) < 1_000) return 'now';
  const text = formatDuration(Math.floor(Math.abs(ms) / 1_000) * 1_000).replace(/\.\d+ s$/, ' s');
  return ms > 0 ? `${text} ago` : `in ${text}`;
}

// formatBytes writes a size: 512 B, 1.2 KB, 3.4 MB.
export function formatBytes(n: number): string {
  if (n < 1_000) return `${n} B`;
  if (n < 1_000_000) return `${(n / 1_000).toFixed(n < 10_000 ? 1 : 0)} KB`;
  return `${(n / 1_000_000).toFixed(1)} MB`;
}

// The time still to wait, as a clock shows it.

/** "0:29", "59:12", "1:05:00"; null when the time has come. Both in milliseconds since 1970. */
export function remaining(until: number | null, now: number): string | null {
  const seconds = until === null ? 0 : Math.ceil((until - now) / 1000);
  if (seconds <= 0) return null;
  const two = (part: number) => String(part).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** Formats a duration in ms as ISO 8601: `PT8H`, `P2D`, `PT1H30M`. */
export function isoDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  const rest = seconds % 60;
  const time = part(hours, 'H') + part(minutes, 'M') + part(rest, 'S');
  const date = part(days, 'D');
  if (date === '' && time === '') return 'PT0S';
  return `P${date}${time === '' ? '' : `T${time}`}`;
}

function part(count: number, unit: string): string {
  return count === 0 ? '' : `${count}${unit}`;
}

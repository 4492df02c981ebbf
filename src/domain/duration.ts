const UNITS = [
  { word: 'day', seconds: 86_400, isCounted: true },
  { word: 'h', seconds: 3600 },
  { word: 'min', seconds: 60 },
  { word: 's', seconds: 1 },
];

/** Returns whole seconds in their two largest units: `5 s`, `2 h 5 min`, `1 day`. */
export function inWords(seconds: number): string {
  let rest = seconds;
  const parts = UNITS.flatMap(({ word, seconds: size, isCounted }) => {
    const count = Math.floor(rest / size);
    rest %= size;
    return count > 0 ? [`${count} ${word}${isCounted && count > 1 ? 's' : ''}`] : [];
  });
  return parts.slice(0, 2).join(' ') || '0 s';
}

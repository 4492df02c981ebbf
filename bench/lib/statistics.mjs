const ascending = (numbers) => [...numbers].sort((a, b) => a - b);

export function median(numbers) {
  const sorted = ascending(numbers);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The smallest of the numbers that so large a share of them does not exceed. */
export function percentile(numbers, share) {
  const sorted = ascending(numbers);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Largest of many numbers: spreading 100,000 of them over the arguments of `Math.max` overflows the stack. */
export const largest = (numbers) => numbers.reduce((a, b) => Math.max(a, b), -Infinity);

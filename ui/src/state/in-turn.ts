/**
 * Returns a function that runs `work`, and once more afterwards if it was called meanwhile: one run at a time. Between two
 * runs it rests as long as the last one took, so that a graph that keeps growing does not keep its page loading.
 */
export function inTurn(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isWanted = false;
  const run = async () => {
    while (isWanted) {
      isWanted = false;
      const begun = performance.now();
      await work();
      const tookMs = performance.now() - begun;
      if (isWanted) await new Promise((resolve) => setTimeout(resolve, tookMs));
    }
    running = undefined;
  };
  return () => {
    isWanted = true;
    return (running ??= run());
  };
}

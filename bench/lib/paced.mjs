import { now, sleep } from './clock.mjs';

/**
 * Does something at a steady rate, however long each time takes, for a service that falls behind must not be spared the
 * next request. Ends early when `isOver` says so. Answers when each was begun and when it ended.
 */
export async function paced(count, perSecond, act, isOver = () => false) {
  const begun = [];
  const ended = [];
  const acts = [];
  const start = now() + 5;
  for (let i = 0; i < count && !isOver(); i++) {
    const ahead = start + (i * 1000) / perSecond - now();
    if (ahead > 0) await sleep(ahead);
    begun.push(now());
    acts.push(act(i).then(() => (ended[i] = now())));
  }
  await Promise.all(acts);
  return { begun, ended };
}

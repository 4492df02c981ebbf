import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { BATCH_STOPPED, NO_CHILD_LEFT, parentDidNotSucceed } from '../../src/domain/consequence';

/** Not imported: the page resolves modules in another way. */
const { isRootCause } = createRequire(__filename)('../../ui/src/task/reasons.ts') as {
  isRootCause: (task: object) => boolean;
};

describe('The reason of a consequence', () => {
  const isKnown = (failure_reason: string | null) => !isRootCause({ status: 'Failure', failure_reason });

  it('is known to the page', () => {
    for (const reason of [parentDidNotSucceed(randomUUID()), NO_CHILD_LEFT, BATCH_STOPPED])
      expect([reason, isKnown(reason)]).toEqual([reason, true]);
    for (const reason of [null, 'Timeout', parentDidNotSucceed('7'), `${BATCH_STOPPED} by hand`])
      expect([reason, isKnown(reason)]).toEqual([reason, false]);
  });
});

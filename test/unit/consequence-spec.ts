import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { BATCH_STOPPED, CONSEQUENCE, NO_CHILD_LEFT, parentDidNotSucceed } from '../../src/domain/consequence';

/** Not imported: the page resolves modules in another way. */
const { isRootCause } = createRequire(__filename)('../../ui/src/task/reasons.ts') as {
  isRootCause: (task: object) => boolean;
};

describe('The reason of a consequence', () => {
  const isConsequence = (failure_reason: string | null) => [
    new RegExp(CONSEQUENCE).test(failure_reason ?? ''),
    !isRootCause({ status: 'Failure', failure_reason }),
  ];

  it('is known to the page and to lists as such', () => {
    for (const reason of [parentDidNotSucceed(randomUUID()), NO_CHILD_LEFT, BATCH_STOPPED])
      expect([reason, ...isConsequence(reason)]).toEqual([reason, true, true]);
    for (const reason of [null, 'Timeout', 'Parent task 7 did not succeed in time', `${BATCH_STOPPED} by hand`])
      expect([reason, ...isConsequence(reason)]).toEqual([reason, false, false]);
  });
});

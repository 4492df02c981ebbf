import { Database } from '../../src/database/database';
import { statement } from '../../src/database/statement';
import { useService } from '../support/fixture';
import { provider } from '../support/service';

const seven = statement<[], { n: number }>('test-seven', 'SELECT 7 AS n');

describe('The rows of a deferred statement', () => {
  const service = useService({ WORKER_ENABLED: '0' });

  it('can be read after the commit, and not before', async () => {
    const doubled = await provider(service, Database).transaction(async (tx) => {
      const rows = tx.defer(seven).map(([{ n }]) => 2 * n);
      await tx.run(seven);
      expect(() => rows.value).toThrow('The result of test-seven was read before the commit');
      return rows;
    });
    expect(doubled.value).toBe(14);
  });
});

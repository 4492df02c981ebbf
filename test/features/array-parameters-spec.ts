import { Database } from '../../src/database/database';
import { statement } from '../../src/database/statement';
import { useService } from '../support/fixture';
import { provider } from '../support/service';

const echo = statement<[texts: (string | null)[]], { texts: string[] }>('test-echo', 'SELECT $1::text[] AS texts');

describe('An array parameter arrives unchanged', () => {
  const [id, other] = ['01a219ee-28a8-71d5-9430-0b8c3d131ea1', '01a219ee-28a8-71d5-9430-0b8c3d131ea2'];
  const service = useService({ WORKER_ENABLED: '0' });

  it.each<[string, (string | null)[]]>([
    ['of nothing', []],
    ['of an id', [id]],
    ['of ids', [id, other]],
    ['of ids in one text', [`${id},${other}`]],
    ['of ids and null', [id, null]],
    ['of ids and an empty text', ['', `${id},${other}`]],
    ['of texts with commas', ['cafe,bad', 'a, b']],
    ['of texts with quotes, backslashes and braces', ['"', '\\', '{}', 'NULL']],
    ['of nulls', [null, null]],
  ])('%s', async (_what, texts) => {
    expect(await provider(service, Database).run(echo, texts)).toEqual([{ texts }]);
  });
});

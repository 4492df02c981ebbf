import { connect } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { ConsoleLogger, Controller, Delete, Get, Patch, Post } from '@nestjs/common';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ArrayMaxSize, IsArray, IsInt, IsString, Max, Min } from 'class-validator';
import { DatabaseUnavailable, NotFound } from '../../src/domain/errors';
import { ServiceAdapter } from '../../src/http/adapter';
import { NestedList } from '../../src/http/nested';
import { JsonBody, TaskId } from '../../src/http/params';
import { validated } from '../../src/http/validation';
import { httpApp } from '../support/http-app';

const LIMIT = 64 * 1024;

class Leaf {
  @Max(9, { message: 'must be between 1 and 9' })
  @Min(1, { message: 'must be between 1 and 9' })
  @IsInt({ message: 'must be an integer' })
  size: number;
}

class Tree {
  @IsString()
  name: string;

  @NestedList(() => Leaf, 'must be an array of leaves')
  @ArrayMaxSize(1000)
  @IsArray()
  leaves: Leaf[];
}

@Controller()
class ThrowAwayController {
  @Post('echo')
  echo(@JsonBody() body: unknown) {
    return { body };
  }

  @Post('tree')
  tree(@JsonBody() body: { leaves?: unknown[] }) {
    return validated(Tree, body);
  }

  @Patch('pause/:id')
  pause(@TaskId() id: string) {
    return { id };
  }

  @Delete('gone')
  gone() {
    throw new NotFound('It is gone already', [], { current_status: 'Success', status: 200, title: 'shadow' });
  }

  @Get('unavailable')
  unavailable() {
    throw new DatabaseUnavailable('The database is unavailable', 7.2, { cause: new Error('ECONNREFUSED db.internal') });
  }

  @Get('broken')
  broken() {
    throw new Error('SELECT secret FROM db.internal');
  }
}

class RecordingLogger extends ConsoleLogger {
  readonly errors: unknown[][] = [];
  override error(...entry: unknown[]): void {
    this.errors.push(entry);
  }
}

describe('A request', () => {
  const logger = new RecordingLogger({ logLevels: ['error'] });
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    app = await httpApp(ThrowAwayController, { adapter: new ServiceAdapter({ payloadBytes: LIMIT }), logger });
    url = await app.getUrl();
  });

  afterAll(() => app.close());

  async function request(method: string, path: string, body?: BodyInit, type = 'application/json') {
    const response = await fetch(url + path, {
      method,
      body,
      headers: body === undefined ? {} : { 'content-type': type },
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as unknown };
  }

  /** Asserts the form of every problem, and returns its details. */
  async function problem(status: number, ...sent: Parameters<typeof request>): Promise<string[]> {
    const answer = await request(...sent);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({
      type: 'about:blank',
      title: expect.any(String) as string,
      status,
      detail: expect.any(String) as string,
      error: expect.any(String) as string,
      details: expect.any(Array) as string[],
    });
    return (answer.body as { details: string[] }).details;
  }

  /** Sends bytes that no HTTP client would send. */
  async function raw(bytes: string): Promise<string> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(bytes);
    return text(socket);
  }

  describe('with a body', () => {
    test.each(['{"a":', '', '{a: 1}', '[1,]', '\ufeff'])('of %j is refused', async (body) => {
      await problem(400, 'POST', '/echo', body);
    });

    test('that is missing is refused where one is needed', async () => {
      expect(await problem(400, 'POST', '/echo')).toEqual(['body: must not be empty']);
    });

    test('that is empty is accepted where none is read', async () => {
      const id = '0B0E1B6C-0000-0000-0000-00000000000A';
      const answer = await request('PATCH', `/pause/${id}`, '');
      expect(answer).toMatchObject({ status: 200, body: { id: id.toLowerCase() } });
    });

    test('that is not UTF-8 is refused', async () => {
      expect(await problem(400, 'POST', '/echo', Buffer.from([0x22, 0xff, 0x22]))).toEqual(['body: must be UTF-8']);
    });

    const OTHERS = [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'none',
    ];
    test.each(OTHERS)('of type %s is refused', (type) => problem(415, 'POST', '/echo', '{}', type));

    test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/vnd.hookline+json'])(
      'of type %s is read',
      async (type) =>
        expect(await request('POST', '/echo', '{"a":1}', type)).toMatchObject({ body: { body: { a: 1 } } }),
    );

    test('up to the size limit is read, and no larger one', async () => {
      expect((await request('POST', '/echo', JSON.stringify('x'.repeat(LIMIT - 2)))).status).toBe(201);
      await problem(413, 'POST', '/echo', JSON.stringify('x'.repeat(LIMIT - 1)));
    });

    test('far beyond the size limit is answered, and not cut off while it is sent', async () => {
      const large = JSON.stringify('x'.repeat(20_000_000));
      for (let i = 0; i < 10; i++) await problem(413, 'POST', '/echo', large);
    });

    test('nested 64 levels deep is read, and no deeper one, not counting brackets in texts', async () => {
      const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
      expect((await request('POST', '/echo', nested(64))).status).toBe(201);
      expect((await request('POST', '/echo', JSON.stringify(`\\"${nested(100)}`))).status).toBe(201);
      expect(await problem(400, 'POST', '/echo', nested(65))).toEqual([
        'body: must not be nested deeper than 64 levels',
      ]);
      await problem(400, 'POST', '/echo', '{"a":'.repeat(5000));
    });

    test.each([
      ['[{}, {"name": "a\\u0000b"}]', 'tasks[1].name: must not contain U+0000 or lone surrogates'],
      ['{"a": {"b": ["\\uD800"]}}', 'a.b[0]: must not contain U+0000 or lone surrogates'],
      ['"\\udfff\\ud800"', 'body: must not contain U+0000 or lone surrogates'],
      ['{"a": {"\\u0000": 1}}', "a: must not have U+0000 or lone surrogates in a member's name"],
      ['{"a": {"__proto__": {"x": 1}}}', 'a: must not have a member __proto__'],
      ['{"a": [1, -2e400]}', 'a[1]: must be within the range of a double'],
      [`{"a": ${'9'.repeat(400)}}`, 'a: must be within the range of a double'],
      ['{"\\u005f_proto__": {"x": 1}}', 'body: must not have a member __proto__'],
    ])('of %s is refused', async (body, fault) => {
      expect(await problem(400, 'POST', '/echo', body)).toEqual([fault]);
    });

    test('keeps every other member and character as sent', async () => {
      const body = '{"constructor":{"prototype":{"a":1}},"toString":"\\ud83d\\ude00 __proto__","hasOwnProperty":null}';
      const answer = await request('POST', '/echo', body);
      expect(answer).toMatchObject({ status: 201 });
      expect(JSON.stringify((answer.body as { body: unknown }).body)).toBe(
        '{"constructor":{"prototype":{"a":1}},"toString":"😀 __proto__","hasOwnProperty":null}',
      );
    });
  });

  describe('that is validated', () => {
    test('gets one detail for each invalid field', async () => {
      const details = await problem(
        400,
        'POST',
        '/tree',
        JSON.stringify({ leaves: [{ size: 1 }, { size: 10 }, { size: 'x' }, null, []] }),
      );
      expect(details).toEqual([
        'name: must be a string',
        'leaves[1].size: must be between 1 and 9',
        'leaves[2].size: must be an integer',
        'leaves[3].size: must be an integer',
        'leaves[4].size: must be an integer',
      ]);
    });

    test('gets at most a hundred faults, and the number of the others', async () => {
      const details = await problem(400, 'POST', '/tree', JSON.stringify({ name: '', leaves: Array(500).fill({}) }));
      expect(details).toHaveLength(101);
      expect(details.at(-1)).toBe('and 400 more');
    });

    test.each(['null', '{}', '5', '[]', '"constructor"'])('may have a constructor member of %s', async (value) => {
      const body = `{"name":"x","leaves":[{"size":1,"constructor":${value}}],"constructor":${value},"toString":${value}}`;
      expect((await request('POST', '/tree', body)).status).toBe(201);
    });

    test.each(['null', '5', '"x"', '[]', 'true'])('is refused if its body is %s', (body) =>
      problem(400, 'POST', '/tree', body),
    );
  });

  test.each(['x', '0b0e1b6c-0000-0000-0000-00000000000', '%00', 'a'.repeat(5000), '%zz', '{}', '..%2f'])(
    'with the id %.20s is refused',
    (id) => problem(400, 'PATCH', `/pause/${id}`),
  );

  test('with a malformed id is told which field it is', async () => {
    expect(await problem(400, 'PATCH', '/pause/17')).toEqual(['id: must be a UUID']);
  });

  test.each([
    ['GET', '/nowhere?token=hush'],
    ['PUT', '/echo'],
    ['OPTIONS', '/echo'],
    ['GET', '/'],
    ['PATCH', '/pause/'],
    ['GET', '/swagger-ui/nothing.js'],
  ])('for %s %s is answered 404', (method, path) => problem(404, method, path));

  test('with U+0000 in its query is refused before anything reads it', () =>
    problem(400, 'GET', '/unavailable?name=%00'));

  test('that fails gets additional members, which cannot replace the standard ones', async () => {
    const answer = await request('DELETE', '/gone');
    expect(answer).toMatchObject({
      status: 404,
      body: { status: 404, title: 'Not Found', current_status: 'Success', error: 'It is gone already' },
    });
  });

  test('gets Retry-After and no internals when the database is unavailable', async () => {
    const answer = await request('GET', '/unavailable');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('8');
    expect(JSON.stringify(answer.body)).not.toContain('internal');
  });

  test('that fails unexpectedly is logged once, and its answer reveals nothing', async () => {
    logger.errors.length = 0;
    const answer = await request('GET', '/broken?token=hush');
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toMatch(/SELECT|internal|\.ts|hush/);
    expect(logger.errors).toHaveLength(1);
    expect(logger.errors[0][0]).toBe('GET /broken failed');
    expect(logger.errors[0][1]).toContain('SELECT secret FROM db.internal');
  });

  test('that is invalid is not logged as an error', async () => {
    logger.errors.length = 0;
    await problem(400, 'POST', '/echo', '{');
    await problem(404, 'GET', '/nowhere');
    expect(logger.errors).toEqual([]);
  });

  test('that is not HTTP is answered with problem details', async () => {
    expect(await raw('NONSENSE\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n[^]*application\/problem\+json[^]*"status":400/,
    );
    const header = `x: ${'y'.repeat(20_000)}`;
    expect(await raw(`GET / HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 [^]*"status":431/);
  });
});

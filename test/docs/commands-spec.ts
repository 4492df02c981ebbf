import { afterTest, startReceiver, startService, useService } from '../support/fixture';
import { eventually } from '../support/poll';
import { useProcesses } from '../support/process';
import { type Service, task } from '../support/service';
import { addressesOf, blocksOf, commandsOf } from './page';
import { it, Reader } from './reader';

/** Commands of the pages that are not run here, and why. */
const NOT_RUN: Record<string, string> = {
  'npm ci': 'would replace the packages that the tests run with; CI begins with it',
  'npm ci && npm run demo': 'installs; the receiver and a graph of the demo run in test/browser',
  'npm ci && npm test': 'installs, and is what runs this test',
  'npm start': 'never ends; the service of this test stands for it',
};
/** Receivers, which keep running beside the page. */
const SERVERS = ['node receiver.mjs', 'node examples/receiver.mjs'];
/** Languages of blocks without commands. */
const READ = ['text', 'http', 'json', 'js', 'ts'];

const README = 'README.md';
const STARTED = 'docs/getting-started.md';
const API = 'docs/api.md';
const RECIPES = 'docs/recipes.md';
const PAGES = [README, STARTED, API, RECIPES];

describe('A page of the documentation', () => {
  useProcesses();
  const service = useService({ WORKER_ENABLED: '0' });

  /** Returns a reader with a service of its own, whose lists hold only what the page creates. */
  async function newReader(): Promise<{ service: Service; reader: Reader }> {
    const service = await startService();
    const reader = await Reader.of(service.url);
    afterTest(() => reader.close());
    return { service, reader };
  }

  /** Follows a page from its first block to its last. */
  async function follow(reader: Reader, path: string): Promise<void> {
    for (const block of blocksOf(path))
      if (block.file) reader.write(block);
      else if (block.language === 'sh') {
        const commands = commandsOf(block);
        const listed = (command: string) => command in NOT_RUN || SERVERS.includes(command);
        if (!commands.some(listed)) await reader.run(block);
        else if (!commands.every(listed)) throw new Error(`${block.place} mixes what is run here with what is not`);
        else for (const server of commands.filter((command) => SERVERS.includes(command))) await reader.serve(server);
      }
  }

  it('works as written: the README', async () => {
    const { service, reader } = await newReader();
    const silent = startReceiver();
    const { a } = await service.create([task('a', silent.url('/start'))]);
    const [call] = await silent.waitFor(1);
    reader.know('HANDLE', call.query.get('handle')!);
    await follow(reader, README);
    expect(await service.task(a)).toMatchObject({ status: 'Success', success: 5 });
    const ended = { status: 'Success', failures: 0 };
    await eventually(async () => {
      const { body } = await service.call('GET', '/task?status=Success');
      expect(body).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ ...ended, name: 'Build the app', success: 20 }),
          expect.objectContaining({ ...ended, name: 'Deploy it' }),
        ]),
      );
      const deliveries = await service.call<object[]>('GET', '/webhook-deliveries?status=success');
      expect(deliveries.body).toContainEqual(expect.objectContaining({ trigger: 'end' }));
    });
  });

  it('shows task members that the service accepts: the README', async () => {
    const members = blocksOf(README).filter(({ language }) => language === 'json');
    expect(members.length).toBeGreaterThan(0);
    for (const { place, text } of members) {
      const body = [task('a', 'http://127.0.0.1:1/start', JSON.parse(text) as object)];
      const { status } = await service.call('POST', '/task', body);
      expect({ place, status }).toEqual({ place, status: 201 });
    }
  });

  it('works as written: getting started', async () => {
    const { reader } = await newReader();
    await follow(reader, STARTED);
    // Four keys for the graph of three: its starts, and one notification.
    await eventually(() => expect(reader.receiverOutput).toMatch(/:end:success/));
    expect(reader.receiverOutput.match(/:end:success/g)).toHaveLength(1);
  });

  it('works as written: the API by use case', async () => {
    const { reader } = await newReader();
    for (const block of blocksOf(STARTED)) if (block.file) reader.write(block);
    await follow(reader, API);
  });

  it('works as written: the recipes', async () => {
    const { reader } = await newReader();
    await follow(reader, RECIPES);
  });

  it.each(PAGES)('has only commands that are run or listed, and addresses that exist: %s', async (path) => {
    const languages = new Set(blocksOf(path).map(({ language }) => language));
    languages.delete('sh');
    expect(READ).toEqual(expect.arrayContaining([...languages]));
    for (const address of addressesOf(path)) {
      const { status } = await fetch(address.replace('http://localhost:8085', service.url));
      expect({ address, status }).toEqual({ address, status: 200 });
    }
  });
});

describe('The list of commands that are not run', () => {
  it('names only commands of the pages', () => {
    const commands = PAGES.flatMap(blocksOf)
      .filter(({ language }) => language === 'sh')
      .flatMap(commandsOf);
    expect(commands).toEqual(expect.arrayContaining([...Object.keys(NOT_RUN), ...SERVERS]));
  });
});

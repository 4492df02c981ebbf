import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { eventually } from '../support/poll';
import { freePort } from '../support/service';
import { type Block, expectAnswer } from './page';

const hasCurl = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'curl')));
if (!hasCurl) process.stderr.write('The commands of the pages are not run: there is no curl.\n');

/** A test that needs curl, and is skipped without it. */
const withCurl = hasCurl ? it : it.skip;
export { withCurl as it };

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** A value to fill in, with a hint: `BATCH=...    # the value of X-Batch-ID`. */
const FILL = /^(\w+)=\.\.\. +# (.+)$/gm;

/**
 * Follows a page to the letter, in a folder that looks like a clone. The service and the receiver have other ports, and
 * ids come from the answers so far.
 */
export class Reader {
  private readonly folder = mkdtempSync(join(tmpdir(), 'hookline-docs-'));
  private readonly servers: ChildProcess[] = [];
  private readonly variables: Record<string, string> = {};
  private seen = '';
  private printed = '';

  private constructor(
    private readonly service: string,
    private readonly receiverPort: number,
  ) {
    for (const name of readdirSync('.')) symlinkSync(resolve(name), join(this.folder, name));
    // An error status that the page does not show fails the command.
    writeFileSync(join(this.folder, '.curlrc'), 'fail-with-body\n');
  }

  /** @param service address that replaces `http://localhost:8085` of the pages */
  static async of(service: string): Promise<Reader> {
    return new Reader(service, await freePort());
  }

  async close(): Promise<void> {
    await Promise.all(
      this.servers.map(async (server) => {
        if (server.exitCode !== null) return;
        const exit = once(server, 'exit');
        server.kill('SIGKILL');
        await exit;
      }),
    );
    rmSync(this.folder, { recursive: true });
  }

  /** The output of the receivers so far. */
  get receiverOutput(): string {
    return this.printed;
  }

  /** Sets a value that no answer shows. */
  know(name: string, value: string): void {
    this.variables[name] = value;
  }

  /** Writes a block into its file. */
  write({ file, text }: Block): void {
    writeFileSync(join(this.folder, file!), this.here(text));
  }

  /** Starts a command in the background, and waits until something listens. */
  async serve(command: string): Promise<void> {
    const [program, ...args] = command.split(' ');
    const server = spawn(program, args, {
      cwd: this.folder,
      env: { PATH: process.env.PATH, PORT: String(this.receiverPort) },
    });
    this.servers.push(server);
    for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (this.printed += String(chunk)));
    await eventually(async () => {
      if (server.exitCode !== null) throw new Error(`${command} ended:\n${this.printed}`);
      const socket = connect(this.receiverPort, '127.0.0.1');
      await once(socket, 'connect').finally(() => socket.destroy());
    });
  }

  /**
   * Runs a block. One that only reads is repeated until its output is that of the page; any other one must match at
   * once.
   */
  async run(block: Block): Promise<void> {
    const looks = !/ -X | -d | --data/.test(block.text);
    const script = this.fill(this.here(block.text));
    const attempt = async () => {
      const { output, code } = await this.shell(script);
      // A status in `results` is that of an item of a bulk.
      const refused = /HTTP\/1.1 4\d\d|^(?!.*"results").*"status": 4\d\d/s.test(block.answer ?? '');
      expect({ place: block.place, code, output }).toMatchObject({ code: refused ? 22 : 0 });
      if (block.answer !== undefined) expectAnswer(output, block.answer);
      return output;
    };
    this.seen += looks && block.answer !== undefined ? await eventually(attempt) : await attempt();
  }

  /** Returns text of the page with the ports of this test. */
  private here(text: string): string {
    return text.replaceAll('http://localhost:8085', this.service).replace(/\b8090\b/g, String(this.receiverPort));
  }

  /** Replaces `NAME=...` by values. */
  private fill(text: string): string {
    return text.replace(FILL, (_, name: string, hint: string) => {
      this.variables[name] = this.shown(hint) ?? this.variables[name];
      if (!this.variables[name]) throw new Error(`No answer so far shows ${name}, ${hint}`);
      return `${name}=${this.variables[name]}`;
    });
  }

  /** Returns the value that a hint describes: the newest in the answers so far, or the first if it says so. */
  private shown(hint: string): string | undefined {
    const [, task] = /the id of "(.+)"/.exec(hint) ?? [];
    const pattern = task ? `"id":"(${UUID})","name":"${task}"` : `x-batch-id: (${UUID})`;
    if (!task && !hint.includes('X-Batch-ID')) return undefined;
    return [...this.seen.matchAll(new RegExp(pattern, 'g'))].at(hint.includes('first') ? 0 : -1)?.[1];
  }

  private async shell(script: string): Promise<{ output: string; code: number | null }> {
    const env = { PATH: process.env.PATH, CURL_HOME: this.folder, ...this.variables };
    const shell = spawn('bash', ['-euc', script], { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    shell.stdout.on('data', (chunk) => (output += String(chunk)));
    const [code] = (await once(shell, 'close')) as [number | null];
    return { output, code };
  }
}

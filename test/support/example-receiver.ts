import { type ChildProcess, spawn } from 'node:child_process';
import { eventually } from './poll';
import { freePort } from './service';

/** The receiver of the examples, in a process of its own. */
export class ExampleReceiver {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<ExampleReceiver> {
    const port = await freePort();
    const env = { PATH: process.env.PATH, PORT: String(port) };
    const receiver = new ExampleReceiver(
      `http://127.0.0.1:${port}`,
      spawn(process.execPath, ['examples/receiver.mjs'], { env, stdio: 'ignore' }),
    );
    await eventually(async () => expect((await fetch(receiver.url)).status).toBe(200));
    return receiver;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

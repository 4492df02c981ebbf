import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { request } from 'undici';

/** A call as the receiver saw it. */
export interface LedgerCall {
  key: string;
  task?: string;
  trigger: string;
  /** `fine`, or what is wrong with the host. */
  host: string;
  begin: number;
  /** Absent while it is open. */
  end?: number;
  /** Absent when the caller went away before it had the answer. */
  status?: number;
}

/** What the receiver is told to do with a task, in the body of its start call. */
export interface WorkPlan {
  /** Milliseconds. */
  work: number;
  /** Increments before the end, and whether one comes after it. */
  counts: number;
  late: boolean;
  end: 'Success' | 'Failure' | 'cancel';
  /** A second result, a failure, is reported at the same moment. */
  rival: boolean;
  cancelAction: boolean;
  /** The rule that the task has: what counts together, and how many may at once. */
  rule?: { key: string; limit: number };
}

/** What the receiver knows of a task that it was called for. */
export interface LedgerTask {
  id: string;
  plan: WorkPlan;
  /** When it first told the service that work is done; absent while it works. */
  released?: number;
  /** Increments that were acknowledged, and further ones of which nobody knows. */
  counted: number;
  unsure: number;
  /** Ends that the service has acknowledged as brought about by this request. */
  taken: string[];
}

export interface Ledger {
  calls: LedgerCall[];
  tasks: Record<string, LedgerTask>;
  faults: string[];
}

/** Hosts that are not fine. */
export const HOSTILE = [
  'sleeps',
  'drips',
  'gigabyte',
  'nonsense',
  'babbles',
  'fails',
  'redirects',
  'closes',
  'refuses',
] as const;
export type Host = 'fine' | (typeof HOSTILE)[number];

/** The receiver's process (receiver.mjs). */
export class Outside {
  private constructor(
    private readonly child: ChildProcess,
    private readonly ports: Record<Host | 'control', number>,
  ) {}

  static async start(): Promise<Outside> {
    const child = fork(resolve('test/faults/harness/receiver.mjs'), { execArgv: [] });
    const [ports] = (await once(child, 'message')) as [Record<Host | 'control', number>];
    return new Outside(child, ports);
  }

  url(path: string, host: Host = 'fine'): string {
    return `http://127.0.0.1:${this.ports[host]}${path}`;
  }

  /** Which host a URL leads to. */
  hostOf(url: string): string | undefined {
    return Object.entries(this.ports).find(([, port]) => new URL(url).port === String(port))?.[0];
  }

  /** Where reports may be sent. */
  async reportTo(bases: readonly string[]): Promise<void> {
    await this.ask('/bases', bases);
  }

  /** Results that were acknowledged in a span of time. */
  resultsIn(since: number, until: number): Promise<number> {
    return this.ask('/pace', { since, until });
  }

  /** Calls to a host that the service waits for just now. */
  openCalls(host: Host = 'fine'): Promise<number> {
    return this.ask('/open', host);
  }

  /** Tasks that are being worked on, or whose results are not acknowledged yet. */
  working(): Promise<number> {
    return this.ask('/working');
  }

  ledger(): Promise<Ledger> {
    return this.ask('/ledger');
  }

  async stop(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }

  private async ask<T>(path: string, sent?: unknown): Promise<T> {
    const { body } = await request(this.url(path, 'control' as Host), {
      method: 'POST',
      body: sent === undefined ? undefined : JSON.stringify(sent),
    });
    const text = await body.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { request } from 'undici';

/** A call as the receiver saw it. */
export interface LedgerCall {
  key: string;
  task?: string;
  trigger: string;
  /** `fine`, or the fault of a hostile host. */
  host: string;
  begin: number;
  /** Absent while it is open. */
  end?: number;
  /** Absent if the caller left before the answer. */
  status?: number;
}

/** Instructions to the receiver for a task, in the body of its start call. */
export interface WorkPlan {
  /** Milliseconds. */
  work: number;
  /** Increments before the end; `late` adds one after it. */
  counts: number;
  late: boolean;
  end: 'Success' | 'Failure' | 'cancel';
  /** Reports a second result, a failure, at the same moment. */
  rival: boolean;
  cancelAction: boolean;
  /** The rule key of the task, and its limit. */
  rule?: { key: string; limit: number };
}

/** State of a task at the receiver. */
export interface LedgerTask {
  id: string;
  plan: WorkPlan;
  /** When it first reported that work is done; absent while it works. */
  released?: number;
  /** Acknowledged increments, and those with an unknown outcome. */
  counted: number;
  unsure: number;
  /** Ends that the service acknowledged to this receiver. */
  taken: string[];
}

export interface Ledger {
  calls: LedgerCall[];
  tasks: Record<string, LedgerTask>;
  faults: string[];
}

/** Hosts that misbehave. */
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

  /** Returns the host that a URL leads to. */
  hostOf(url: string): string | undefined {
    return Object.entries(this.ports).find(([, port]) => new URL(url).port === String(port))?.[0];
  }

  /** Sets the replicas that reports are sent to. */
  async reportTo(bases: readonly string[]): Promise<void> {
    await this.ask('/bases', bases);
  }

  /** Returns how many results were acknowledged in a span of time. */
  resultsIn(since: number, until: number): Promise<number> {
    return this.ask('/pace', { since, until });
  }

  /** Returns how many calls to a host are open. */
  openCalls(host: Host = 'fine'): Promise<number> {
    return this.ask('/open', host);
  }

  /** Returns how many tasks are being worked on, or have unacknowledged results. */
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

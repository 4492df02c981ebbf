import { Injectable } from '@nestjs/common';
import { commonTrace } from '../../domain/trace-context';
import { Tracing } from '../../tracing/tracing';
import { Gathering } from '../../webhook/group';
import { destinationOf } from '../../webhook/target';
import type { ClaimedRow } from '../sql/claim';
import { OpenStarts } from '../start/open-starts';
import { StartCall } from '../start/start-call';
import type { StartResult } from '../start/start-result';
import { StartSlots } from './start-slots';

/** The start calls of this replica, each from the claim of its task until its result is recorded. */
@Injectable()
export class StartCalls {
  private readonly recording = new Set<Promise<void>>();
  private isClosing = false;

  constructor(
    private readonly startCall: StartCall,
    private readonly openStarts: OpenStarts,
    private readonly slots: StartSlots,
    private readonly tracing: Tracing,
  ) {}

  /** Calls `on_start` of tasks that were claimed together. Each request takes a slot: of one task, or of a group. */
  start(tasks: readonly ClaimedRow[]): void {
    const groups: ClaimedRow[][] = [];
    const gathering = new Gathering<ClaimedRow>(
      ({ on_start }) => on_start,
      () => 'start',
    );
    for (const task of tasks) {
      this.openStarts.add(task);
      // No call is made for a task that was accepted before.
      if (!task.on_start?.group || task.accepted) this.startOne(task);
      else {
        const group = gathering.add(task);
        if (group) groups.push(group);
      }
    }
    for (const group of groups) this.startGroup(group);
  }

  /** Resolves when every result is recorded. */
  async idle(): Promise<void> {
    do {
      await this.slots.idle();
      await Promise.all(this.recording);
    } while (this.slots.busy || this.recording.size > 0);
  }

  /** From now on no result waits for a database that is away: the process is about to end. */
  giveUpOnOutages(): void {
    this.isClosing = true;
  }

  private startOne(task: ClaimedRow): void {
    this.slots.run(destinationOf(task.on_start).hostId, () =>
      this.tracing.within(task.trace, async () =>
        this.record(task, await this.startCall.make(task, () => this.isClosing)),
      ),
    );
  }

  private startGroup(tasks: readonly ClaimedRow[]): void {
    this.slots.run(destinationOf(tasks[0].on_start).hostId, () =>
      this.tracing.within(commonTrace(tasks), async () => {
        const results = await this.startCall.makeGroup(tasks, () => this.isClosing);
        for (const [i, task] of tasks.entries()) {
          this.tracing.within(task.trace, () => this.record(task, results[i]));
        }
      }),
    );
  }

  /** A slot is free as soon as the call is answered; the claim lasts until the result is recorded. */
  private record(task: ClaimedRow, result: StartResult | undefined): void {
    if (!result) return this.openStarts.delete(task);
    const recording = this.startCall
      .record(result, () => this.isClosing)
      .then(() => {
        this.recording.delete(recording);
        this.openStarts.delete(task);
      });
    this.recording.add(recording);
  }
}

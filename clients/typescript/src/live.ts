import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { HooklineError } from './error.ts';
import type { Http } from './http.ts';
import type { TaskSummary } from './types.ts';

/**
 * `ready`: no change is missed from now on, so read the current state. `task`: a task has changed. `interrupted`: the
 * stream broke and will be reopened; changes in between come before the next `ready`.
 */
export type LiveEvent = ({ type: 'ready' | 'interrupted' } | { type: 'task'; task: TaskSummary }) & {
  /** Id to resume with, if the event has one. */
  id?: string;
};

export interface LiveOptions {
  /** Ends the iteration, which rejects with the signal's reason. */
  signal?: AbortSignal;
  /** The `id` of the last event received; the changes since then come first. */
  lastEventId?: string;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Yields the changes of a batch. A broken stream is resumed where it ended, forever.
 * @throws {HooklineError} if the service refuses the request.
 */
export async function* events(http: Http, batchId: string, options: LiveOptions): AsyncGenerator<LiveEvent, never> {
  let { lastEventId } = options;
  const end = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, end.signal]) : end.signal;
  try {
    for (let failures = 0; ; failures++) {
      let pauseMs: number | undefined;
      try {
        for await (const event of connection(http, batchId, lastEventId, signal)) {
          lastEventId = event.id ?? lastEventId;
          failures = 0;
          yield event;
        }
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof HooklineError && !error.isTemporary) throw error;
        pauseMs = (error as HooklineError).retryAfterMs;
      }
      yield { type: 'interrupted' };
      pauseMs ??= Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  } finally {
    end.abort();
  }
}

async function* connection(
  http: Http,
  batchId: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<LiveEvent> {
  const resume: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const path = `/batch/${encodeURIComponent(batchId)}/events`;
  const { body } = await http.stream(path, { accept: 'text/event-stream', ...resume }, signal);
  const messages = body!.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const { event, data, id } of messages) {
    if (event === 'ready') yield { type: 'ready', id };
    if (event === 'task') yield { type: 'task', task: JSON.parse(data) as TaskSummary, id };
  }
}

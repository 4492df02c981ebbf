import { createParser } from 'eventsource-parser';
import { isUnauthorized, Refusal, request } from './client';
import { connection, SILENCE_MS } from './freshness';
import { session } from './session';

interface EventHandlers {
  /** The stream has begun. Data loaded from now on misses no change. */
  onReady: () => void;
  onEvent: (name: string, data: unknown) => void;
  /** The stream was lost; it will be reopened. */
  onLost: () => void;
  /** The service has no such stream. */
  onMissing: () => void;
}

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 15_000;

/**
 * Follows server-sent events until the signal is aborted, and resumes a lost stream where it ended. It uses `fetch`,
 * because the browser's `EventSource` does not tell the status of a refusal.
 */
export async function followEvents(path: string, handlers: EventHandlers, signal: AbortSignal): Promise<void> {
  let lastId: string | undefined;
  let pause = RETRY_FIRST_MS;
  for (;;) {
    await session.accepted();
    if (signal.aborted) return;
    try {
      await readStream(path, lastId, signal, (name, data, id) => {
        if (id !== undefined) lastId = id;
        pause = RETRY_FIRST_MS;
        if (name === 'ready') handlers.onReady();
        else handlers.onEvent(name, data);
      });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refusal && error.status === 404) return handlers.onMissing();
      if (isUnauthorized(error)) {
        handlers.onLost();
        continue;
      }
    }
    if (signal.aborted) return;
    handlers.onLost();
    await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
    pause = Math.min(pause * 2, RETRY_MAX_MS);
  }
}

type OnEvent = (name: string, data: unknown, id: string | undefined) => void;

/** Resolves when the stream ends; rejects when it breaks or falls silent. */
async function readStream(path: string, lastId: string | undefined, outer: AbortSignal, on: OnEvent): Promise<void> {
  const silence = new AbortController();
  let isOpen = false;
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await request(path, {
      headers: { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
      signal: AbortSignal.any([outer, silence.signal]),
    });
    if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream'))
      throw new Refusal(404, 'The service has no such stream');
    const parser = createParser({
      onEvent: ({ event, data, id }) => on(event ?? 'message', data ? JSON.parse(data) : null, id),
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      connection.heard();
      // Only now: a proxy may pass the head of the answer on, and hold its events back.
      if (!isOpen) connection.streamed(1);
      isOpen = true;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      parser.feed(value);
    }
  } finally {
    clearTimeout(timer);
    if (isOpen) connection.streamed(-1);
  }
}

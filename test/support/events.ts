import { eventually } from './poll';

interface ServerEvent {
  id?: string;
  event?: string;
  data: any;
}

/** A listener to server-sent events, like a browser. */
export class EventListener {
  readonly events: ServerEvent[] = [];
  /** The id to resume after. */
  lastId?: string;
  ended = false;
  private readonly abort = new AbortController();

  private constructor() {}

  /** Resolves when the service has sent `ready`. */
  static async open(url: string, lastId?: string): Promise<EventListener> {
    const listener = new EventListener();
    const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
    const response = await fetch(url, { headers, signal: listener.abort.signal });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    void listener.read(response.body!).catch(() => undefined);
    await eventually(() => expect(listener.events.map(({ event }) => event)).toContain('ready'));
    return listener;
  }

  /** Returns the data of the events of one type, in order. */
  of(event: string): any[] {
    return this.events.filter((each) => each.event === event).map(({ data }) => data);
  }

  close(): void {
    this.abort.abort();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) this.take(block);
    }
    this.ended = true;
  }

  private take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
    );
    if (fields.has('id')) this.lastId = fields.get('id');
    if (fields.has('data')) {
      const { id, event, data } = Object.fromEntries(fields);
      this.events.push({ id, event, data: JSON.parse(data) as unknown });
    }
  }
}

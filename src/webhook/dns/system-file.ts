import { readFileSync, statSync } from 'node:fs';

/**
 * A small system file that is parsed again when it has changed. It is read synchronously, because asynchronous reads
 * share threads with `dns.lookup` and would wait for hanging look-ups.
 */
export class SystemFile<T> {
  private version?: string;
  private parsed: T;

  /** @param parse gets an empty text if the file does not exist */
  constructor(
    private readonly path: string,
    private readonly parse: (text: string) => T,
  ) {}

  /** Returns the current content. */
  get content(): T {
    const stat = statSync(this.path, { throwIfNoEntry: false });
    const version = stat ? `${stat.ino}:${stat.mtimeMs}:${stat.size}` : 'absent';
    if (version !== this.version) {
      this.parsed = this.parse(this.text());
      this.version = version;
    }
    return this.parsed;
  }

  private text(): string {
    try {
      return readFileSync(this.path, 'utf8');
    } catch {
      return ''; // A missing or unreadable file counts as empty.
    }
  }
}

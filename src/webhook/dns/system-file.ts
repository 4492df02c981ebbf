import { readFileSync, statSync } from 'node:fs';

/**
 * A small file of the system, parsed again when it has changed. It is read synchronously: reads that share the threads
 * of the process with hanging look-ups would wait for them.
 */
export class SystemFile<T> {
  private version?: string;
  private parsed: T;

  /** @param parse gets an empty text where there is no such file. */
  constructor(
    private readonly path: string,
    private readonly parse: (text: string) => T,
  ) {}

  /** Returns the content as it is now. */
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
      return ''; // A system without the file, or one that keeps it to itself, says nothing by it.
    }
  }
}

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A change that plants a bug in a copy of the built service. */
export interface Change {
  /** Below `dist/src`. */
  file: string;
  /** The built code, and its replacement. */
  text: string;
  instead: string;
}

/** A build of the service with a planted bug. */
export class PlantedBuild {
  private readonly folder = mkdtempSync(join(tmpdir(), 'hookline-planted-'));

  /** @throws Error unless each text occurs exactly once: the service has changed, and the bug must follow. */
  constructor(changes: readonly Change[]) {
    cpSync(resolve('dist'), join(this.folder, 'dist'), { recursive: true });
    symlinkSync(resolve('node_modules'), join(this.folder, 'node_modules'));
    for (const { file, text, instead } of changes) {
      const path = join(this.folder, 'dist/src', file);
      const parts = readFileSync(path, 'utf8').split(text);
      if (parts.length !== 2) throw new Error(`${file} has this text ${parts.length - 1} times: ${text}`);
      writeFileSync(path, parts.join(instead));
    }
  }

  get program(): string {
    return join(this.folder, 'dist/src/main.js');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

import { Client, type ClientConfig } from 'pg';
import type { Settings } from './session-settings';

declare module 'pg' {
  interface Client {
    /** What a connection asks of the server when it is made. */
    getStartupConf(): Record<string, string>;
  }
}

export interface SessionConfig extends ClientConfig {
  readonly settings: Settings;
}

/** A client whose sessions begin with settings of its own. pg itself passes on a few, and TypeORM makes the pool. */
export class SessionClient extends Client {
  private readonly settings: Settings;

  constructor(config: SessionConfig) {
    super(config);
    this.settings = config.settings;
  }

  override getStartupConf(): Record<string, string> {
    return { ...super.getStartupConf(), ...this.settings };
  }
}

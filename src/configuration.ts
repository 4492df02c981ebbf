import type { Config } from './config/config';
import { ConfigurationError, loadConfig, readDotEnv } from './config/load';

/** Returns the configuration of this process. If it is invalid, prints a line about each fault and exits with 1. */
export function configuration(): Config {
  try {
    readDotEnv();
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

import { type LookupAddress, promises } from 'node:dns';
import { setTimeout as pause } from 'node:timers/promises';

/** Some servers never answer for the family of addresses that a name does not have. */
const OTHER_FAMILY_MS = 1000;
/** For the first of a query's tries; it doubles. Where the server is known to be fast, c-ares begins with less. */
const TRY_MS = 1000;
const TRIES = 4;

const NO_SUCH_NAME = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

/** Returns the code of an error of name resolution. */
export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** Whether an error says that a name has no address, and not that nobody could tell. */
export const isNoSuchName = (error: unknown): boolean => NO_SUCH_NAME.has(codeOf(error));

/** The name servers of the system, asked without a thread for each question. */
export class NameServers {
  private readonly resolver = new promises.Resolver({ timeout: TRY_MS, tries: TRIES });

  /** @param servers as `dns.setServers` takes them; those of the system unless given. */
  constructor(servers?: readonly string[]) {
    if (servers) this.resolver.setServers(servers);
  }

  /** Returns the addresses of the first of these names that has any, IPv4 first. */
  async find(names: readonly string[], deadline: number): Promise<LookupAddress[]> {
    const errors: NodeJS.ErrnoException[] = [];
    for (const name of names) {
      if (performance.now() > deadline) break;
      try {
        return await this.addressesOf(name);
      } catch (error) {
        errors.push(...((error as AggregateError).errors as NodeJS.ErrnoException[]));
      }
    }
    // One question without an answer is enough for the name to exist after all.
    throw errors.find((error) => !isNoSuchName(error)) ?? errors[0];
  }

  private async addressesOf(name: string): Promise<LookupAddress[]> {
    const found: LookupAddress[][] = [[], []];
    const questions = [this.resolver.resolve4(name), this.resolver.resolve6(name)].map(async (answer, i) => {
      found[i] = (await answer).map((address) => ({ address, family: i === 0 ? 4 : 6 }));
    });
    await Promise.any(questions);
    await Promise.race([Promise.allSettled(questions), pause(OTHER_FAMILY_MS, undefined, { ref: false })]);
    return found.flat();
  }
}

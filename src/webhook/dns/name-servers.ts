import { type LookupAddress, promises } from 'node:dns';
import { setTimeout as pause } from 'node:timers/promises';

/** Some servers never answer for an address family that a name does not have. */
const OTHER_FAMILY_MS = 1000;
/** Timeout of the first try; it doubles. If the server is known to be fast, c-ares begins with less. */
const TRY_MS = 1000;
const TRIES = 4;

const NO_SUCH_NAME = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

/** Returns the code of an error of name resolution. */
export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** Returns whether an error means that a name has no address, rather than that no server answered. */
export const isNoSuchName = (error: unknown): boolean => NO_SUCH_NAME.has(codeOf(error));

/** A client of the system's name servers that needs no thread for each query. */
export class NameServers {
  private readonly resolver = new promises.Resolver({ timeout: TRY_MS, tries: TRIES });

  /** @param servers as `dns.setServers` takes them; by default those of the system */
  constructor(servers?: readonly string[]) {
    if (servers) this.resolver.setServers(servers);
  }

  /** Returns the addresses of the first of these names that has some, IPv4 first. */
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
    // If one query had no answer, the name may exist.
    throw errors.find((error) => !isNoSuchName(error)) ?? errors[0];
  }

  private async addressesOf(name: string): Promise<LookupAddress[]> {
    const found: LookupAddress[][] = [[], []];
    const queries = [this.resolver.resolve4(name), this.resolver.resolve6(name)].map(async (answer, i) => {
      found[i] = (await answer).map((address) => ({ address, family: i === 0 ? 4 : 6 }));
    });
    await Promise.any(queries);
    await Promise.race([Promise.allSettled(queries), pause(OTHER_FAMILY_MS, undefined, { ref: false })]);
    return found.flat();
  }
}

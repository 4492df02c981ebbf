import { Inject, Injectable } from '@nestjs/common';
import { isIP } from 'node:net';
import { CONFIG, type Config } from '../../config/config';
import type { ActionDto } from '../dto/action.dto';
import { isWebhookUrl } from '../dto/is-webhook-url';
import { type Cidr, isPublic, isWithin, rangeOf, reachedBy } from './addresses';
import { hasEmptyLabel, HostList, hostOf, INSIDE_SUFFIXES } from './names';

/**
 * Which hosts webhooks may be sent to, so that nobody can use this service to reach what only it can reach. It is
 * asked twice: about the URL when an action comes in, and about every address when a connection is made. A name in
 * `ALLOWED_HOSTNAMES` is trusted wherever it leads; with `SKIP_SSRF_VALIDATION` everything is allowed.
 */
@Injectable()
export class TargetPolicy {
  /** Everything is allowed. */
  readonly skip: boolean;
  private readonly blocked: HostList;
  private readonly allowed: HostList;
  private readonly allowedRanges: readonly Cidr[];

  constructor(@Inject(CONFIG) { ssrf }: Pick<Config, 'ssrf'>) {
    this.skip = ssrf.skip;
    const domains = [...INSIDE_SUFFIXES, ...ssrf.blockedSuffixes].map((domain) => `.${domain}`);
    this.blocked = new HostList([...ssrf.blockedHostnames, ...domains]);
    this.allowed = new HostList(ssrf.allowedHostnames);
    this.allowedRanges = ssrf.allowedCidrs.map(rangeOf);
  }

  /**
   * The fault of an action that must not be called, for whoever checks it. A URL that is not one at all is for the
   * rules of the field to refuse.
   * @param path what the client knows the action as, e.g. `tasks[0].on_start`; empty for an action by itself.
   */
  *faultsOf({ params }: ActionDto, path = ''): Generator<string> {
    if (this.skip || !isWebhookUrl(params?.url) || !this.refuses(hostOf(params.url))) return;
    yield `${path && `${path}.`}params.url: must not point to a private or internal host`;
  }

  /**
   * Whether a host is refused by its name, or by its address if it is one. Nothing is resolved.
   * @param host as `plainHost` makes it.
   */
  refuses(host: string): boolean {
    if (this.skip || this.allows(host)) return false;
    if (hasEmptyLabel(host) || this.blocked.closenessTo(host) > 0) return true;
    if (isIP(host)) return this.refusesAddress(host);
    // No public name is without a dot. If some of the inside is allowed, its address will show whether this leads there.
    return !host.includes('.') && this.allowedRanges.length === 0;
  }

  /** Whether a connection to this address is refused, although the name that was resolved to it is not. */
  refusesResolved(host: string, address: string): boolean {
    return !this.skip && !this.allows(host) && this.refusesAddress(address);
  }

  /** Whether the host is trusted wherever it leads: no name or domain that is blocked describes it more closely. */
  private allows(host: string): boolean {
    const closeness = this.allowed.closenessTo(host);
    return closeness > 0 && closeness >= this.blocked.closenessTo(host) && !hasEmptyLabel(host);
  }

  private refusesAddress(text: string): boolean {
    const address = reachedBy(text);
    return !address || !(isPublic(address) || isWithin(address, this.allowedRanges));
  }
}

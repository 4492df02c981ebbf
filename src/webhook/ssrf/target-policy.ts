import { Inject, Injectable } from '@nestjs/common';
import { isIP } from 'node:net';
import { CONFIG, type Config } from '../../config/config';
import type { ActionDto } from '../dto/action.dto';
import { isWebhookUrl } from '../dto/is-webhook-url';
import { type Cidr, isPublic, isWithin, rangeOf, reachedBy } from './addresses';
import { hasEmptyLabel, HostList, hostOf, INSIDE_SUFFIXES } from './names';

/**
 * Decides which hosts webhooks may be sent to, so that clients cannot reach internal hosts through this service. It
 * checks the URL when an action is created, and every address when a connection is made. A name in `ALLOWED_HOSTNAMES`
 * may resolve to any address; with `SKIP_SSRF_VALIDATION`, all hosts are allowed.
 */
@Injectable()
export class TargetPolicy {
  /** All hosts are allowed. */
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
   * Yields a fault if an action's host is refused. An invalid URL is refused by the validation of the field.
   * @param path of the action in the request, e.g. `tasks[0].on_start`; empty for a single action
   */
  *faultsOf({ params }: ActionDto, path = ''): Generator<string> {
    if (this.skip || !isWebhookUrl(params?.url) || !this.refuses(hostOf(params.url))) return;
    yield `${path && `${path}.`}params.url: must not point to a private or internal host`;
  }

  /**
   * Returns whether a host is refused by its name, or by its address if it is one. Does not resolve names.
   * @param host as `plainHost` returns it
   */
  refuses(host: string): boolean {
    if (this.skip || this.allows(host)) return false;
    if (hasEmptyLabel(host) || this.blocked.closenessTo(host) > 0) return true;
    if (isIP(host)) return this.refusesAddress(host);
    // Public names have a dot. If some internal addresses are allowed, the address decides when the connection is made.
    return !host.includes('.') && this.allowedRanges.length === 0;
  }

  /** Returns whether a connection to an address is refused although the name that resolved to it is not. */
  refusesResolved(host: string, address: string): boolean {
    return !this.skip && !this.allows(host) && this.refusesAddress(address);
  }

  /** Returns whether a host is allowed by name: no blocked name or domain is more specific. */
  private allows(host: string): boolean {
    const closeness = this.allowed.closenessTo(host);
    return closeness > 0 && closeness >= this.blocked.closenessTo(host) && !hasEmptyLabel(host);
  }

  private refusesAddress(text: string): boolean {
    const address = reachedBy(text);
    return !address || !(isPublic(address) || isWithin(address, this.allowedRanges));
  }
}

import type { Trigger } from '../../domain/action';
import { parseUrl } from '../../domain/url';
import { timeOf } from '../../http/is-time';
import type { DeliverySource } from './delivery-sources';

/** What deliveries are selected by, besides their status; combined with AND. */
export interface DeliveryFilter {
  task_id?: string;
  batch_id?: string;
  trigger?: Trigger;
  /** `name:port` without a default port, or a name, which stands for all its ports. */
  host?: string;
  updated_after?: string;
  updated_before?: string;
  ids?: readonly string[];
}

/** SQL: a host without its port. */
const nameOf = (host: string) => `regexp_replace(${host}, ':\\d*$', '')`;

/** A URL may name a host in Unicode; the queue has it in ASCII. FTP has no default port that a webhook uses. */
const spellingsOf = (host: string) => [host.toLowerCase(), parseUrl(`ftp://${host}`)?.host ?? host];

/** The conditions of a filter, for each source of deliveries, and the values in them. */
export class DeliveryConditions {
  private readonly placeholders: Partial<Record<keyof DeliveryFilter, string>> = {};

  /** @param values of the query, to which those of the filter are added */
  constructor(
    private readonly filter: DeliveryFilter,
    readonly values: unknown[],
  ) {
    this.bind('task_id', filter.task_id);
    this.bind('batch_id', filter.batch_id);
    this.bind('trigger', filter.trigger);
    this.bind('host', filter.host && spellingsOf(filter.host));
    this.bind('updated_after', filter.updated_after && timeOf(filter.updated_after));
    this.bind('updated_before', filter.updated_before && timeOf(filter.updated_before));
    this.bind('ids', filter.ids);
  }

  /** The part of the statement's name that tells the conditions. */
  get suffix(): string {
    return Object.keys(this.placeholders)
      .map((name) => `-${name}`)
      .join('');
  }

  /** Returns the conditions that indexes answer. */
  indexed({ id, task, batch, changed }: DeliverySource): string[] {
    const { task_id, batch_id, updated_after, updated_before, ids } = this.placeholders;
    return [
      ...(ids ? [`${id} = ANY (${ids}::uuid[])`] : []),
      ...(task_id ? [`${task} = ${task_id}`] : []),
      ...(batch_id ? [`${batch} = ${batch_id}`] : []),
      ...(updated_after ? [`${changed} >= ${updated_after}::timestamptz`] : []),
      // Inclusive to clients, who see milliseconds.
      ...(updated_before ? [`${changed} < ${updated_before}::timestamptz + interval '1 millisecond'`] : []),
    ];
  }

  /** Returns the conditions that no index answers. */
  searched({ trigger, host }: DeliverySource): string[] {
    const { trigger: wanted, host: hosts } = this.placeholders;
    return [
      ...(wanted ? [`${trigger} = ${wanted}`] : []),
      ...(hosts ? [`ARRAY[${host}, ${nameOf(host)}] && ${hosts}::text[]`] : []),
    ];
  }

  /** Returns the placeholder of the batch, by which the history is read in a different way. */
  get batch(): string | undefined {
    return this.filter.task_id ? undefined : this.placeholders.batch_id;
  }

  private bind(name: keyof DeliveryFilter, value: unknown): void {
    if (value !== undefined) this.placeholders[name] = `$${this.values.push(value)}`;
  }
}

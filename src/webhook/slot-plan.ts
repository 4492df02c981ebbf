import type { Action, Trigger } from '../domain/action';
import type { Deliverer } from './deliverer';
import { groupKey, groupSize } from './group';

/** The slots that this replica has for the notifications of one transaction. Calls of a group share a slot. */
export class SlotPlan {
  private readonly capacities = new Map<string, number>();
  /** Free places in the requests that have a slot, by group key. */
  private readonly places = new Map<string, number>();
  private freeSlots: number;

  constructor(private readonly deliverer: Deliverer) {
    this.freeSlots = deliverer.isSending ? deliverer.freeSlots : 0;
  }

  /** Takes a slot for a call, or a place in the request of others; returns whether there was one. */
  take(host: string, action: Action, trigger: Trigger): boolean {
    const key = groupKey(action, trigger);
    if (key === undefined) return this.takeSlot(host);
    const places = this.places.get(key) ?? 0;
    if (places === 0 && !this.takeSlot(host)) return false;
    this.places.set(key, (places || groupSize(action)) - 1);
    return true;
  }

  private takeSlot(host: string): boolean {
    if (this.freeSlots === 0) return false;
    const capacity = this.capacities.get(host) ?? this.deliverer.capacityFor(host);
    this.capacities.set(host, Math.max(0, capacity - 1));
    if (capacity === 0) return false;
    this.freeSlots--;
    return true;
  }
}

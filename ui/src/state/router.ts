import { navigate, useSearch } from 'wouter/use-browser-location';
import { under } from '../api/base';

/** What is shown; then the filters, the order and the page of a list. */
const PARAMETERS = [
  'show',
  'batch',
  'task',
  'schedule',
  'delivery',
  'as',
  'search',
  'status',
  'kind',
  'name',
  'scope',
  'trigger',
  'host',
  'metadata',
  'actor',
  'action',
  'attempts',
  'cause',
  'reason',
  'time',
  'after',
  'before',
  'sort',
  'page',
] as const;
export type Parameter = (typeof PARAMETERS)[number];

/** The state of the page is in its address, so that views can be linked to and the back button works. */
export type Address = Readonly<Partial<Record<Parameter, string>>>;

function read(search: string): Address {
  const given = new URLSearchParams(search);
  return Object.fromEntries(PARAMETERS.flatMap((name) => (given.get(name) ? [[name, given.get(name)!]] : [])));
}

export const useAddress = (): Address => read(useSearch());

/** Returns the number of the shown page of a list, from 0. */
export const usePage = (): number => Math.max(0, Number.parseInt(useAddress().page ?? '0', 10) || 0);

export function hrefOf(address: Address): string {
  const set = Object.entries(address).filter(([, value]) => value);
  return under(set.length > 0 ? `/view?${new URLSearchParams(set)}` : '/view');
}

export const go = (address: Address, how: 'push' | 'replace' = 'push'): void =>
  navigate(hrefOf(address), { replace: how === 'replace' });

/** Changes some parameters of the address and keeps the others. */
export const change = (some: Address, how: 'push' | 'replace' = 'push'): void =>
  go({ ...read(window.location.search), ...some }, how);

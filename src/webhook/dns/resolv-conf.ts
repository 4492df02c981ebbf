/** How relative names are completed. */
export interface SearchRules {
  /** Domains that are appended to a name. */
  domains: string[];
  /** A name with at least this many dots is first tried as it is, without a domain. */
  ndots: number;
}

/** Reads the search rules from a file like `/etc/resolv.conf`. The last `search` or `domain` counts. */
export function searchRulesOf(text: string): SearchRules {
  const rules: SearchRules = { domains: [], ndots: 1 };
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.split(/[#;]/, 1)[0].trim().split(/\s+/);
    if (keyword === 'search' || keyword === 'domain') rules.domains = values.map(withoutDot).filter(Boolean);
    if (keyword !== 'options') continue;
    for (const value of values) if (/^ndots:\d{1,2}$/.test(value)) rules.ndots = Number(value.slice(6));
  }
  return rules;
}

/** Returns the full names that a name may stand for, in the order of the queries. */
export function fullNamesOf(name: string, { domains, ndots }: SearchRules): string[] {
  if (name.endsWith('.')) return [withoutDot(name)];
  const below = domains.map((domain) => `${name}.${domain}`);
  return name.split('.').length > ndots ? [name, ...below] : [...below, name];
}

const withoutDot = (name: string): string => name.replace(/\.$/, '');

/** How relative names are completed. */
export interface SearchRules {
  /** Domains below which a name is looked for. */
  domains: string[];
  /** A name with at least this many dots is tried as it is before it is tried below the domains. */
  ndots: number;
}

/** Reads the search rules from a file like `/etc/resolv.conf`; of `search` and `domain` the last one counts. */
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

/** Returns the full names that a name may stand for, in the order in which they are asked for. */
export function fullNamesOf(name: string, { domains, ndots }: SearchRules): string[] {
  if (name.endsWith('.')) return [withoutDot(name)];
  const below = domains.map((domain) => `${name}.${domain}`);
  return name.split('.').length > ndots ? [name, ...below] : [...below, name];
}

const withoutDot = (name: string): string => name.replace(/\.$/, '');

/** What a token allows: everything, or requests that change nothing. */
export type Access = 'full' | 'read';

/** A client as its token identifies it. */
export interface Client {
  readonly name: string;
  readonly access: Access;
}

/** A token of a client. */
export interface ClientToken extends Client {
  /** The texts that are accepted; the first is the token itself. */
  readonly spellings: readonly string[];
}

/** An entry with a name. Any other entry is a token, which may contain colons. */
const NAMED = /^([\w.-]{1,50}):([\x21-\x7e]{16,})$/;

/** Returns the tokens in the entries of a variable. Those without a name are numbered. */
export function tokensIn(entries: readonly string[], access: Access): ClientToken[] {
  return entries.map((entry, index) => {
    const [, name, token] = NAMED.exec(entry) ?? [];
    // Earlier versions knew no names: the whole entry was the token, and stays valid.
    if (name !== undefined) return { name, access, spellings: [token, entry] };
    return { name: `${access === 'read' ? 'read-token' : 'token'}-${index + 1}`, access, spellings: [entry] };
  });
}

/** Returns whether no two texts are equal. */
export const areDistinct = (texts: readonly string[]): boolean => new Set(texts).size === texts.length;

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

/** The variables with tokens, as lists. */
interface TokenVariables {
  AUTH_TOKEN: readonly string[];
  AUTH_TOKEN_READ: readonly string[];
}

/** Returns the tokens of all clients. */
export const clientTokens = ({ AUTH_TOKEN, AUTH_TOKEN_READ }: TokenVariables): ClientToken[] => [
  ...tokensIn(AUTH_TOKEN, 'full', 'token'),
  ...tokensIn(AUTH_TOKEN_READ, 'read', 'read-token'),
];

/** @param unnamed begins the names of tokens that have none. */
function tokensIn(entries: readonly string[], access: Access, unnamed: string): ClientToken[] {
  return entries.map((entry, index) => {
    const [, name, token] = NAMED.exec(entry) ?? [];
    if (name === undefined) return { name: `${unnamed}-${index + 1}`, access, spellings: [entry] };
    // Earlier versions knew no names: the whole entry was the token, and stays valid.
    return { name, access, spellings: [token, entry] };
  });
}

/** Returns what is wrong with the tokens as a whole, one line each. */
export function tokenFaults(variables: TokenVariables): string[] {
  const { AUTH_TOKEN, AUTH_TOKEN_READ } = variables;
  const tokens = clientTokens(variables);
  const repeated = (texts: string[]) => new Set(texts).size < texts.length;
  return [
    ...(AUTH_TOKEN_READ.length > 0 && AUTH_TOKEN.length === 0
      ? ['AUTH_TOKEN_READ needs AUTH_TOKEN to be set too']
      : []),
    ...(repeated(tokens.flatMap(({ spellings }) => spellings))
      ? ['AUTH_TOKEN and AUTH_TOKEN_READ must not have a token twice']
      : []),
    ...(repeated(tokens.map(({ name }) => name)) ? ['AUTH_TOKEN and AUTH_TOKEN_READ must not have a name twice'] : []),
  ];
}

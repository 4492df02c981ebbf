import { under } from './base';
import { connection } from './freshness';
import { session } from './session';
import type { Problem } from './types';

/** A refused request, with the message of the service. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** One sentence per fault. */
    readonly details: readonly string[] = [],
  ) {
    super(message);
  }
}

/** Time for an answer to a GET request. */
const READ_MS = 15_000;
/** Time for an answer to an action. An action on a large batch takes seconds. */
const ACT_MS = 60_000;

/** Longer answers would take long to revive. They are mostly graphs, which have no metadata. */
const MAX_EXACT_LENGTH = 1_000_000;

/** @throws {Refusal} if the service refuses the request, or does not answer (status 0). */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  const since = session.accepted();
  try {
    response = await fetch(under(path), init);
  } catch (error) {
    throw failureOf(error);
  }
  if (response.status >= 500) connection.failed();
  else connection.heard();
  if (response.ok) return response;
  if (response.status === 401) session.refuse(since);
  throw await refusalOf(response);
}

/** Makes a request that needs a session: again after signing in, if it was refused. */
async function signedIn<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    await session.accepted();
    try {
      return await work();
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
    }
  }
}

/** Returns whether the service has no such thing. */
export const isUnknown = (error: unknown): boolean =>
  error instanceof Refusal && (error.status === 404 || error.status === 400);

export const isUnauthorized = (error: unknown): boolean => error instanceof Refusal && error.status === 401;

/** Returns what to throw for a request without an answer: an abort stays one. */
function failureOf(error: unknown): unknown {
  const { name } = error as Error;
  if (name === 'AbortError') return error;
  connection.failed();
  return new Refusal(0, name === 'TimeoutError' ? 'The service does not answer' : 'The service cannot be reached');
}

async function refusalOf(response: Response): Promise<Refusal> {
  // An answer without JSON comes from a proxy.
  const body: unknown = await response.json().catch(() => null);
  const problem = (body ?? {}) as Partial<Problem>;
  const sentence = problem.error ?? problem.detail ?? `The service answered ${response.status}`;
  const pause = response.status === 429 && response.headers.get('retry-after');
  return new Refusal(response.status, pause ? `${sentence}. Try again in ${pause} s` : sentence, problem.details);
}

async function answerOf<T>(response: Response): Promise<T> {
  const text = await response.text().catch((error: unknown) => {
    throw failureOf(error);
  });
  return (text ? JSON.parse(text, text.length <= MAX_EXACT_LENGTH ? asWritten : undefined) : null) as T;
}

/** Keeps every digit of large numbers, which JavaScript would round, in browsers that support it. */
function asWritten(_name: string, value: unknown, context?: { source: string }): unknown {
  const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
  if (typeof value !== 'number' || !rawJSON || !context || String(value) === context.source) return value;
  return rawJSON(context.source);
}

/** @param withinMs time for the whole answer. */
export const get = <T>(path: string, signal: AbortSignal, withinMs = READ_MS): Promise<T> =>
  signedIn(async () => answerOf<T>(await read(path, signal, withinMs)));

/** One page of a list of the service, which may have fewer rows than were asked for. */
export interface ListPage<Row> {
  rows: Row[];
  /** Whether another page may follow. */
  hasNext: boolean;
}

export const getPage = <Row>(path: string, signal: AbortSignal): Promise<ListPage<Row>> =>
  signedIn(async () => {
    const response = await read(path, signal, READ_MS);
    const hasNext = response.headers.get('link')?.includes('rel="next"') ?? false;
    return { rows: await answerOf<Row[]>(response), hasNext };
  });

const read = (path: string, signal: AbortSignal, withinMs: number): Promise<Response> =>
  request(path, { signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]) });

export const send = <T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> =>
  signedIn(async () => {
    const init = { method, ...jsonOf(body), signal: AbortSignal.timeout(ACT_MS) };
    return answerOf<T>(await request(path, init));
  });

/**
 * Exchanges a token for a session cookie.
 * @throws {Refusal} if the token is wrong, or the browser does not keep the cookie.
 */
export async function signIn(token: string): Promise<void> {
  const within = () => AbortSignal.timeout(READ_MS);
  await request('/session', { method: 'POST', ...jsonOf({ token }), signal: within() });
  try {
    await request('/session', { signal: within() });
  } catch (error) {
    throw isUnauthorized(error) ? new Refusal(401, NO_COOKIE) : error;
  }
}

const NO_COOKIE = 'The browser does not keep the session cookie. Open the page at the address in HOST_URL';

const jsonOf = (body: unknown): RequestInit =>
  body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };

/** Returns a path with the parameters that are set. */
export function withQuery(path: string, parameters: Record<string, string | number | undefined>): string {
  const set = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '');
  const query = new URLSearchParams(set.map(([name, value]) => [name, String(value)]));
  return set.length > 0 ? `${path}?${query}` : path;
}

/** Returns the message of an error for the user. */
export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
export const detailsOf = (error: unknown): readonly string[] => (error instanceof Refusal ? error.details : []);

import { under } from './base';
import { token } from './token';

/** A request that the service refused, in its own words. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** One sentence for each fault. */
    readonly details: readonly string[] = [],
  ) {
    super(message);
  }
}

/** Longer answers take long to go through. They are mostly graphs, which have no numbers of clients. */
const MAX_EXACT_LENGTH = 1_000_000;

interface Problem {
  error?: string;
  detail?: string;
  details?: string[];
}

/** @throws {Refusal} when the service refuses it, or cannot be reached (status 0). */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    // Without credentials of its own the browser does not ask for a password in the page's stead.
    response = await fetch(under(path), {
      ...init,
      credentials: 'omit',
      headers: { ...token.header(), ...init.headers },
    });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Refusal(0, 'The service cannot be reached');
  }
  if (response.ok) return response;
  if (response.status === 401) token.refuse();
  throw await refusalOf(response);
}

async function refusalOf(response: Response): Promise<Refusal> {
  // What is no JSON was answered by something between here and the service.
  const body: unknown = await response.json().catch(() => null);
  const problem = (body ?? {}) as Problem;
  const sentence = problem.error ?? problem.detail ?? `The service answered ${response.status}`;
  return new Refusal(response.status, sentence, problem.details);
}

async function answerOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  return (text ? JSON.parse(text, text.length <= MAX_EXACT_LENGTH ? asWritten : undefined) : null) as T;
}

/** Keeps numbers of clients, such as long ids, as they are written, in browsers that can. JavaScript rounds them. */
function asWritten(_name: string, value: unknown, context?: { source: string }): unknown {
  const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
  if (typeof value !== 'number' || !rawJSON || !context || String(value) === context.source) return value;
  return rawJSON(context.source);
}

export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  answerOf<T>(await request(path, { signal }));

export async function send<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const json =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return answerOf<T>(await request(path, { method, ...json }));
}

/** A path with those parameters that are set. */
export function withQuery(path: string, parameters: Record<string, string | number | undefined>): string {
  const set = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '');
  const query = new URLSearchParams(set.map(([name, value]) => [name, String(value)]));
  return set.length > 0 ? `${path}?${query}` : path;
}

/** What a person is told of a fault of any kind. */
export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
export const detailsOf = (error: unknown): readonly string[] => (error instanceof Refusal ? error.details : []);

/** The parts of the URL for reports on one attempt at a task. */
export interface Handle {
  readonly url: string;
  /** Address of the service, with its path. */
  readonly service: string;
  readonly taskId: string;
  readonly attempt: number;
  /** Undefined if the service needs none. */
  readonly token: string | undefined;
}

const PATH = /^(.*)\/task\/([^/]+)$/;

/** Returns the parts of a handle, or undefined if the URL is not one. */
export function parseHandle(url: string): Handle | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, origin, pathname, searchParams } = new URL(url);
  const [, path, taskId] = PATH.exec(pathname) ?? [];
  if (taskId === undefined || !/^https?:$/.test(protocol)) return undefined;
  const attempt = Number(searchParams.get('attempt') ?? 1);
  return { url, service: origin + path, taskId, attempt, token: searchParams.get('token') ?? undefined };
}

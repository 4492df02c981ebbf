/** A webhook as a client describes it. */
export interface Action {
  kind: 'Webhook';
  params: WebhookParams;
  /** Absent: each call is a request of its own. */
  group?: Group;
  /** The body gets a member `hookline` about the task and its parents. */
  context?: boolean;
}

/** Calls that are due at the same moment go out in one request. */
export interface Group {
  /** The most calls in one request. */
  max_size: number;
}

export const VERBS = ['Get', 'Post', 'Put', 'Patch', 'Delete'] as const;
export type Verb = (typeof VERBS)[number];

export interface WebhookParams {
  url: string;
  verb: Verb;
  /** Any JSON; sent unchanged. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** The event that a webhook is called for: the value of `X-Task-Trigger`. */
export const TRIGGERS = ['start', 'end', 'cancel', 'batch_complete'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** The event of a notification. Each has a list of actions and an idempotency key of its own. */
export type Notice = 'end:success' | 'end:failure' | 'cancel' | 'complete';

export const TRIGGER_OF: Readonly<Record<Notice, Trigger>> = {
  'end:success': 'end',
  'end:failure': 'end',
  cancel: 'cancel',
  complete: 'batch_complete',
};

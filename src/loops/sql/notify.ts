/** The channel on which replicas send wake-ups to each other; the payload is `{sender} {topic}`. */
export const listen = 'LISTEN hookline_wakeup';

export const notify = `SELECT pg_notify('hookline_wakeup', $1)`;

/** The session that answers; behind a pooler it is not the one that the client knows. */
export const session = 'SELECT pg_backend_pid() AS id';

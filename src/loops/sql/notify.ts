/** The channel on which replicas tell each other that there is work; the payload is `{sender} {topic}`. */
export const listen = 'LISTEN hookline_wakeup';

export const notify = `SELECT pg_notify('hookline_wakeup', $1)`;

/** Which session answers: another than was connected to, if there is a pooler in between. */
export const session = 'SELECT pg_backend_pid() AS id';

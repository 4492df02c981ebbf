/** Those of the sessions `$1` that the server does not know, or has been waiting for since `$2` ms; `own` is the asking session. */
export const lostSessions = `
  SELECT asked.pid, pg_backend_pid() AS own
  FROM unnest($1::int[]) AS asked (pid) LEFT JOIN pg_stat_activity AS session ON session.pid = asked.pid
  WHERE session.pid IS NULL
     OR session.state LIKE 'idle%' AND session.state_change < now() - $2 * interval '1 millisecond'`;

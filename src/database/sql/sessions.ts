/**
 * Which of these sessions the server knows nothing of, or waits for to say something, for so many milliseconds at least. `own`
 * is the session that asks.
 */
export const lostSessions = `
  SELECT asked.pid, pg_backend_pid() AS own
  FROM unnest($1::int[]) AS asked (pid) LEFT JOIN pg_stat_activity AS session ON session.pid = asked.pid
  WHERE session.pid IS NULL
     OR session.state LIKE 'idle%' AND session.state_change < now() - $2 * interval '1 millisecond'`;

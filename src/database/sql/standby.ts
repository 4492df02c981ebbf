/** Whether the server is a standby, which takes no changes. */
export const isStandby = 'SELECT pg_is_in_recovery() AS standby';

/** Tells whether the server is a standby, which accepts no changes. */
export const isStandby = 'SELECT pg_is_in_recovery() AS standby';

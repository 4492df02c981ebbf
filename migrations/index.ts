import { Initial1700000000000 } from './1700000000000-initial';

/** Every migration, oldest first; imported one by one because the build has no folder to scan at run time. */
export const migrations = [Initial1700000000000];

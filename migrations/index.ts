import { Initial1764100000000 } from './1764100000000-initial';
import { Trace1764150000000 } from './1764150000000-trace';

/** Every migration, oldest first; imported one by one because the build has no folder to scan at run time. */
export const migrations = [Initial1764100000000, Trace1764150000000];

/** What to do with a due time while the previous batch is unfinished. */
export const OVERLAPS = ['allow', 'skip', 'stop_previous'] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** Which missed due times are fired: none, the last one, or at most the last hundred. */
export const CATCH_UPS = ['none', 'one', 'all'] as const;
export type CatchUp = (typeof CATCH_UPS)[number];

/** What came of a due time. */
export const FIRING_STATUSES = ['fired', 'skipped', 'failed'] as const;
export type FiringStatus = (typeof FIRING_STATUSES)[number];

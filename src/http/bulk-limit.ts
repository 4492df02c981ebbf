/** The most items of a bulk. */
export const MAX_BULK_ITEMS = 10_000;

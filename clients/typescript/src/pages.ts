/** The page of a list to read. */
export interface Page {
  /** From 0. */
  page?: number;
  page_size?: number;
}

const PAGE_SIZE = 100;

/**
 * Yields the items of all pages, from that of `first` to an empty one. The service may return smaller pages than it is
 * asked for. Items that new ones move to the next page are yielded once.
 */
export async function* all<Item>(
  read: (page: Required<Page>) => Promise<Item[]>,
  { page: first = 0, page_size = PAGE_SIZE }: Page = {},
  idOf: (item: Item) => string,
): AsyncGenerator<Item, void> {
  const seen = new Set<string>();
  for (let page = first; ; page++) {
    const items = await read({ page, page_size });
    if (items.length === 0) return;
    for (const item of items)
      if (!seen.has(idOf(item))) {
        seen.add(idOf(item));
        yield item;
      }
  }
}

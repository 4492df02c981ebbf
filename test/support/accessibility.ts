import { source } from 'axe-core';
import type { Page } from 'playwright-core';

interface Violation {
  id: string;
  nodes: { html: string }[];
}

/** Checks what a tab shows by the rules of axe; returns each broken rule with the beginning of an element that breaks it. */
export async function violationsIn(tab: Page): Promise<string[]> {
  await tab.evaluate(source);
  const violations = await tab.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)');
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 100)}`);
}

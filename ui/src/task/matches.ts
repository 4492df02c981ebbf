import type { TaskSummary } from '../api/types';

/** Returns whether the name or kind of a task contains a text, or its id is the text. A blank text matches every task. */
export function matches({ id, name, kind }: TaskSummary, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return id === wanted || name.toLowerCase().includes(wanted) || kind.toLowerCase().includes(wanted);
}

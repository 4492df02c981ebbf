import { useReactFlow } from '@xyflow/react';
import { useState } from 'react';
import { useTyped } from '../parts/filters';
import type { GraphNode } from './nodes';
import type { Layout } from './use-layout';
import { centerOn } from './viewport';

interface GraphSearchProps {
  /** Tasks found; undefined without a filter. */
  found: ReadonlySet<string> | undefined;
  layout: Layout;
}

/** Finds tasks in the graph: highlights matches while typing; Enter goes to the next match. */
export function GraphSearch({ found, layout: { folding, unfolded } }: GraphSearchProps) {
  const flow = useReactFlow<GraphNode>();
  const [text, setText] = useTyped('search');
  const [turn, setTurn] = useState(0);
  const next = () => {
    const places = new Set<string>();
    for (const id of found ?? []) {
      const group = folding.groupOf.get(id);
      places.add(group && !unfolded.has(group) ? group : id);
    }
    const place = [...places][turn % Math.max(1, places.size)];
    if (place) centerOn(flow, place);
    setTurn(turn + 1);
  };
  return (
    <form
      className="graph-search"
      role="search"
      aria-label="Find in the graph"
      onSubmit={(event) => {
        event.preventDefault();
        next();
      }}
    >
      <input
        type="search"
        aria-label="Find tasks by name, kind or ID"
        placeholder="Find a task…"
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setTurn(0);
        }}
      />
      {found && (
        <button type="submit" disabled={found.size === 0}>
          {found.size === 0 ? 'No matches' : `Next of ${found.size}`}
        </button>
      )}
    </form>
  );
}

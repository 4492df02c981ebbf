import { ReactFlowProvider } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import '../styles/graph.css';
import { useCallback, useMemo, useState } from 'react';
import type { TaskSummary } from '../api/types';
import { ClearFilters } from '../parts/filters';
import { Loading } from '../parts/notice';
import type { Structure } from '../state/live-graph';
import { TASK_FILTERS } from '../task/task-filter';
import { boxesOf } from './boxes';
import { nodeKeeper, nodesOf } from './elements';
import { foldSiblings } from './fold';
import { GraphCanvas } from './graph-canvas';
import { GraphSearch } from './graph-search';
import { useLayout } from './use-layout';

interface GraphViewProps {
  tasks: ReadonlyMap<string, TaskSummary>;
  structure: Structure;
  /** The tasks that match the filters; undefined without a filter. */
  filtered: readonly TaskSummary[] | undefined;
  selectedId: string | undefined;
  onSelect: (id: string | undefined) => void;
}

/** On narrow screens, layers go from top to bottom. */
const NARROW = '(max-width: 700px)';
/** Equal siblings up to this number are shown one by one. */
const MAX_UNFOLDED = { LR: 8, TB: 3 };

/** Shows the graph of a batch. */
export function GraphView({ tasks, structure, filtered, selectedId, onSelect }: GraphViewProps) {
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const [direction] = useState(() => (window.matchMedia(NARROW).matches ? ('TB' as const) : ('LR' as const)));
  const [keep] = useState(nodeKeeper);

  const folding = useMemo(() => foldSiblings(structure, MAX_UNFOLDED[direction]), [structure, direction]);
  const plan = useMemo(
    () => ({ ...boxesOf(structure, folding, unfolded), direction, folding, unfolded }),
    [structure, folding, unfolded, direction],
  );
  const { layout, isWorking } = useLayout(plan);
  const found = useMemo(() => filtered && new Set(filtered.map(({ id }) => id)), [filtered]);
  const toggle = useCallback((id: string) => setUnfolded((before) => toggled(before, id)), []);

  const nodes = useMemo(
    () => (layout ? keep(nodesOf(layout, { tasks, selectedId, found, onToggle: toggle })) : []),
    [keep, layout, tasks, selectedId, found, toggle],
  );

  if (!layout) return <Loading what="the graph" />;
  const selectedBox = selectedId && (layout.folding.groupOf.get(selectedId) ?? selectedId);
  return (
    <ReactFlowProvider>
      <div className={`graph${isWorking ? ' stale' : ''}`}>
        <div className="graph-bar">
          <GraphSearch found={found} layout={layout} />
          <ClearFilters names={TASK_FILTERS} />
          <div className="graph-key">
            <span>success required</span>
            <span className="optional">success not required</span>
          </div>
        </div>
        <GraphCanvas
          nodes={nodes}
          layout={layout}
          selectedId={selectedId}
          selectedBox={selectedBox}
          onSelect={onSelect}
          onToggle={toggle}
        />
      </div>
    </ReactFlowProvider>
  );
}

function toggled(before: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const after = new Set(before);
  if (!after.delete(id)) after.add(id);
  return after;
}

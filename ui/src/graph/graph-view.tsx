import { ReactFlowProvider } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import '../styles/graph.css';
import { useCallback, useMemo, useState } from 'react';
import type { TaskSummary } from '../api/types';
import { Loading } from '../parts/notice';
import type { Structure } from '../state/live-graph';
import { matches } from '../task/matches';
import { boxesOf } from './boxes';
import { nodeKeeper, nodesOf } from './elements';
import { foldSiblings } from './fold';
import { GraphCanvas } from './graph-canvas';
import { GraphSearch } from './graph-search';
import { useLayout } from './use-layout';

interface GraphViewProps {
  tasks: ReadonlyMap<string, TaskSummary>;
  structure: Structure;
  selectedId: string | undefined;
  onSelect: (id: string | undefined) => void;
}

/** On narrow screens, layers go from top to bottom. */
const NARROW = '(max-width: 700px)';

/** Shows the graph of a batch. */
export function GraphView({ tasks, structure, selectedId, onSelect }: GraphViewProps) {
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const [text, setText] = useState('');
  const [direction] = useState(() => (window.matchMedia(NARROW).matches ? ('TB' as const) : ('LR' as const)));
  const [keep] = useState(nodeKeeper);

  const folding = useMemo(() => foldSiblings(structure), [structure]);
  const plan = useMemo(
    () => ({ ...boxesOf(structure, folding, unfolded), direction, folding, unfolded }),
    [structure, folding, unfolded, direction],
  );
  const { layout, isWorking } = useLayout(plan);
  const found = useMemo(() => find(tasks, text), [tasks, text]);
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
          <GraphSearch text={text} onText={setText} found={found} layout={layout} />
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

/** Returns the ids of the tasks that match a text; undefined without one. */
function find(tasks: ReadonlyMap<string, TaskSummary>, text: string): ReadonlySet<string> | undefined {
  if (!text.trim()) return undefined;
  const found = [...tasks.values()].filter((task) => matches(task, text));
  return new Set(found.map(({ id }) => id));
}

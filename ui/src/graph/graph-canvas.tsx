import { Controls, MiniMap, type NodeChange, ReactFlow, useReactFlow, type Viewport } from '@xyflow/react';
import { useCallback, useRef } from 'react';
import { Links } from './links';
import { GroupBox, type GraphNode, TaskBox } from './nodes';
import type { Layout } from './use-layout';
import { FIT, MIN_ZOOM, useAnchor, useInSight, useRefit } from './use-viewport';
import { animationMs } from './viewport';

interface GraphCanvasProps {
  nodes: GraphNode[];
  layout: Layout;
  selectedId: string | undefined;
  /** The box of the selected task. */
  selectedBox: string | undefined;
  onSelect: (id: string | undefined) => void;
  onToggle: (groupId: string) => void;
}

const NODE_TYPES = { task: TaskBox, fold: GroupBox };
/** Below this zoom, names are illegible; the sign of the status fills the box. */
const FAR_ZOOM = 0.35;
/** Below this zoom, signs are illegible too; boxes are areas of colour and pattern. */
const TINY_ZOOM = 0.12;
const MAX_ZOOM = 2;
/** Smaller graphs are drawn completely, so that Tab reaches all boxes. */
const FEW_NODES = 200;
const MAP_SIZE = { width: 150, height: 96 };

const lookOf = (node: GraphNode): string => (node.type === 'task' ? `s-${node.data.task.status}` : 'map-group');

export function GraphCanvas({ nodes, layout, selectedBox, selectedId, onSelect, onToggle }: GraphCanvasProps) {
  const frame = useRef<HTMLDivElement>(null);
  const flow = useReactFlow<GraphNode>();
  useInSight(frame, selectedId);
  useAnchor(frame, layout, selectedBox);
  useRefit(frame);

  const onMove = useCallback((_: unknown, { zoom }: Viewport) => {
    frame.current?.classList.toggle('far', zoom < FAR_ZOOM);
    frame.current?.classList.toggle('tiny', zoom < TINY_ZOOM);
  }, []);
  // Enter on a focused node arrives as a change of the selection.
  const onNodesChange = (changes: NodeChange<GraphNode>[]) => {
    const selected = changes.find((change) => change.type === 'select' && change.selected);
    if (selected?.type === 'select') activate(selected.id);
  };
  const activate = (id: string) => {
    const node = flow.getNode(id);
    if (node?.type === 'fold') {
      if (!node.data.isOpen) onToggle(id);
    } else onSelect(id);
  };
  return (
    <div className="graph-canvas" ref={frame}>
      <ReactFlow<GraphNode>
        nodes={nodes}
        nodeTypes={NODE_TYPES}
        onNodesChange={onNodesChange}
        onPaneClick={() => onSelect(undefined)}
        onMove={onMove}
        onInit={(instance) => onMove(null, instance.getViewport())}
        nodesDraggable={false}
        nodesConnectable={false}
        elevateNodesOnSelect={false}
        onlyRenderVisibleElements={nodes.length > FEW_NODES}
        minZoom={MIN_ZOOM}
        maxZoom={MAX_ZOOM}
        fitView
        fitViewOptions={FIT}
        aria-label="Graph of the batch"
      >
        <Links layout={layout} selectedBox={selectedBox} />
        <Controls showInteractive={false} fitViewOptions={{ ...FIT, duration: animationMs() }} />
        <MiniMap<GraphNode> style={MAP_SIZE} pannable zoomable nodeClassName={lookOf} ariaLabel="Map of the graph" />
      </ReactFlow>
    </div>
  );
}

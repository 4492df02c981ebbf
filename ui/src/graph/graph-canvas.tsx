import {
  Controls,
  getViewportForBounds,
  MiniMap,
  type NodeChange,
  ReactFlow,
  useReactFlow,
  type Viewport,
} from '@xyflow/react';
import { type RefObject, useCallback, useEffect, useRef } from 'react';
import { Links } from './links';
import { GroupBox, type GraphNode, TaskBox } from './nodes';
import type { Layout } from './use-layout';
import { animationMs, centerOn, isInSight } from './viewport';

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
const MIN_ZOOM = 0.02;
const MAX_ZOOM = 2;
/** Smaller graphs are drawn completely, so that Tab reaches all boxes. */
const FEW_NODES = 200;
const MAP_SIZE = { width: 150, height: 96 };
const FIT = { padding: 0.06, maxZoom: 1 };

const lookOf = (node: GraphNode): string => (node.type === 'task' ? `s-${node.data.task.status}` : 'map-group');

export function GraphCanvas({ nodes, layout, selectedBox, selectedId, onSelect, onToggle }: GraphCanvasProps) {
  const frame = useRef<HTMLDivElement>(null);
  const flow = useReactFlow<GraphNode>();
  useInSight(frame, selectedId);
  useAnchor(layout);
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

/** Scrolls to a task that was selected elsewhere, by a link or in the panel. */
function useInSight(frame: RefObject<HTMLDivElement | null>, selectedId: string | undefined): void {
  const flow = useReactFlow<GraphNode>();
  useEffect(() => {
    if (selectedId !== undefined && frame.current && !isInSight(flow, selectedId, frame.current))
      centerOn(flow, selectedId);
  }, [flow, frame, selectedId]);
}

/** Shows an unfolded group completely; keeps a folded group at its place on the screen. */
function useAnchor(layout: Layout): void {
  const { getViewport, setViewport, fitBounds } = useReactFlow<GraphNode>();
  const before = useRef(layout);
  useEffect(() => {
    const last = before.current;
    before.current = layout;
    const toggled = [...layout.unfolded, ...last.unfolded].find(
      (id) => layout.unfolded.has(id) !== last.unfolded.has(id),
    );
    const was = last.boxes.find(({ id }) => id === toggled);
    const is = layout.boxes.find(({ id }) => id === toggled);
    if (!was || !is) return;
    if (layout.unfolded.has(is.id)) {
      void fitBounds(is, { padding: FIT.padding, duration: animationMs() });
      return;
    }
    const { x, y, zoom } = getViewport();
    void setViewport({ x: x + (was.x - is.x) * zoom, y: y + (was.y - is.y) * zoom, zoom });
  }, [layout, getViewport, setViewport, fitBounds]);
}

/** Keeps the whole graph in sight, if it was, when the panel of a task opens or closes. */
function useRefit(frame: RefObject<HTMLDivElement | null>): void {
  const flow = useReactFlow<GraphNode>();
  useEffect(() => {
    let { clientWidth: width, clientHeight: height } = frame.current!;
    const observer = new ResizeObserver(() => {
      const bounds = flow.getNodesBounds(flow.getNodes());
      const fitted = getViewportForBounds(bounds, width, height, MIN_ZOOM, FIT.maxZoom, FIT.padding);
      ({ clientWidth: width, clientHeight: height } = frame.current!);
      if (isSame(fitted, flow.getViewport())) void flow.fitView(FIT);
    });
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, [flow, frame]);
}

const isSame = (a: Viewport, b: Viewport): boolean =>
  Math.abs(a.x - b.x) < 1 && Math.abs(a.y - b.y) < 1 && Math.abs(a.zoom - b.zoom) < 0.001;

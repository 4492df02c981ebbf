import { Graph, layout } from '@dagrejs/dagre';
import type { Arrow, Box } from './boxes';
import { columns } from './columns';

export type Direction = 'LR' | 'TB';

export interface LayoutRequest {
  boxes: readonly Box[];
  arrows: readonly Arrow[];
  direction: Direction;
}

/** The left upper corner of each box, in the order of the boxes. */
export type Positions = readonly { x: number; y: number }[];

export const LAYER_GAP = 72;
export const BOX_GAP = 14;
/** Beyond this, the best ranks take dagre longer than they are worth: 45 s instead of 4 for 2,000 boxes. */
const MOST_WITH_BEST_RANKS = 300;
/** Beyond this, dagre takes longer than a person waits, and nobody sees the difference in so large a graph. */
const MOST_WITH_DAGRE = 700;

/** Places boxes in layers, so that every arrow leads onwards. */
export function place({ boxes, arrows, direction }: LayoutRequest): Positions {
  if (boxes.length > MOST_WITH_DAGRE) return columns(boxes, arrows, direction);
  const graph = new Graph();
  graph.setGraph({
    rankdir: direction,
    nodesep: BOX_GAP,
    ranksep: LAYER_GAP,
    ranker: boxes.length > MOST_WITH_BEST_RANKS ? 'longest-path' : 'network-simplex',
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  for (const { from, to } of arrows) graph.setEdge(from, to);
  layout(graph);
  return boxes.map(({ id, width, height }) => {
    const { x, y } = graph.node(id) as { x: number; y: number };
    return { x: x - width / 2, y: y - height / 2 };
  });
}

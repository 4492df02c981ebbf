import { Graph, layout } from '@dagrejs/dagre';
import type { Arrow, Box } from './boxes';
import { columns } from './columns';

export type Direction = 'LR' | 'TB';

export interface LayoutRequest {
  boxes: readonly Box[];
  arrows: readonly Arrow[];
  direction: Direction;
}

export interface Point {
  x: number;
  y: number;
}

export interface Placement {
  /** Top left corner of each box, in the order of the boxes. */
  corners: readonly Point[];
  /** Points through which each arrow passes, in the order of the arrows; absent: all arrows are straight. */
  ways?: readonly (readonly Point[])[];
}

export const LAYER_GAP = 48;
export const BOX_GAP = 14;
/** Above this number of boxes, dagre uses simpler ranks: the best ones take 45 s instead of 4 for 2,000 boxes. */
const MAX_WITH_BEST_RANKS = 300;
/** Above this number of boxes, dagre takes too long, and its result is hardly better. */
const MAX_WITH_DAGRE = 700;

/** Places boxes in layers, so that every arrow points to a later layer. */
export function place({ boxes, arrows, direction }: LayoutRequest): Placement {
  if (boxes.length > MAX_WITH_DAGRE) return { corners: columns(boxes, arrows, direction) };
  const graph = new Graph();
  graph.setGraph({
    rankdir: direction,
    nodesep: BOX_GAP,
    ranksep: LAYER_GAP,
    ranker: boxes.length > MAX_WITH_BEST_RANKS ? 'longest-path' : 'network-simplex',
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  for (const { from, to } of arrows) graph.setEdge(from, to);
  layout(graph);
  const corners = boxes.map(({ id, width, height }) => {
    const { x, y } = graph.node(id) as Point;
    return { x: x - width / 2, y: y - height / 2 };
  });
  // The first and last point are at the boxes; between adjacent layers there is a single point in the middle.
  const ways = arrows.map(({ from, to }) => {
    const { points } = graph.edge(from, to) as { points: Point[] };
    return points.length > 3 ? points.slice(1, -1) : [];
  });
  return { corners, ways };
}

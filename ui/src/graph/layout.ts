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
  /** The left upper corner of each box, in the order of the boxes. */
  corners: readonly Point[];
  /** Points that an arrow passes on its way around other boxes, in the order of the arrows; absent: it goes straight. */
  ways?: readonly (readonly Point[])[];
}

export const LAYER_GAP = 48;
export const BOX_GAP = 14;
/** Beyond this, the best ranks take dagre longer than they are worth: 45 s instead of 4 for 2,000 boxes. */
const MOST_WITH_BEST_RANKS = 300;
/** Beyond this, dagre takes longer than a person waits, and nobody sees the difference in so large a graph. */
const MOST_WITH_DAGRE = 700;

/** Places boxes in layers, so that every arrow leads onwards. */
export function place({ boxes, arrows, direction }: LayoutRequest): Placement {
  if (boxes.length > MOST_WITH_DAGRE) return { corners: columns(boxes, arrows, direction) };
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
  const corners = boxes.map(({ id, width, height }) => {
    const { x, y } = graph.node(id) as Point;
    return { x: x - width / 2, y: y - height / 2 };
  });
  // The first and the last point are where the boxes begin; between neighbouring layers there is only one in the middle.
  const ways = arrows.map(({ from, to }) => {
    const { points } = graph.edge(from, to) as { points: Point[] };
    return points.length > 3 ? points.slice(1, -1) : [];
  });
  return { corners, ways };
}

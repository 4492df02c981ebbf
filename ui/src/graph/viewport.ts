import type { Edge, ReactFlowInstance } from '@xyflow/react';
import type { GraphNode } from './nodes';

type Flow = ReactFlowInstance<GraphNode, Edge>;

/** At this zoom, names are legible. */
const READABLE_ZOOM = 0.8;

export const animationMs = (): number => (window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 250);

/** Centers a node, at a zoom at which it is legible. */
export function centerOn(flow: Flow, id: string): void {
  const node = flow.getInternalNode(id);
  if (!node) return;
  const { x, y } = node.internals.positionAbsolute;
  const { width = 0, height = 0 } = node.measured;
  const zoom = Math.max(flow.getZoom(), READABLE_ZOOM);
  void flow.setCenter(x + width / 2, y + height / 2, { zoom, duration: animationMs() });
}

/** Returns whether the middle of a node is visible. */
export function isInSight(flow: Flow, id: string, frame: Element): boolean {
  const node = flow.getInternalNode(id);
  if (!node) return true;
  const { x, y } = node.internals.positionAbsolute;
  const { width = 0, height = 0 } = node.measured;
  const at = flow.flowToScreenPosition({ x: x + width / 2, y: y + height / 2 });
  const { left, right, top, bottom } = frame.getBoundingClientRect();
  return at.x > left && at.x < right && at.y > top && at.y < bottom;
}

import { getViewportForBounds, useReactFlow, type Viewport } from '@xyflow/react';
import { type RefObject, useEffect, useRef } from 'react';
import type { GraphNode } from './nodes';
import type { Layout, PlacedBox } from './use-layout';
import { animationMs, centerOn, isInSight } from './viewport';

export const MIN_ZOOM = 0.02;
export const FIT = { padding: 0.06, maxZoom: 1 };

type Frame = RefObject<HTMLDivElement | null>;

interface Size {
  clientWidth: number;
  clientHeight: number;
}

/** Scrolls to a task that was selected elsewhere, by a link or in the panel. */
export function useInSight(frame: Frame, selectedId: string | undefined): void {
  const flow = useReactFlow<GraphNode>();
  useEffect(() => {
    if (selectedId !== undefined && frame.current && !isInSight(flow, selectedId, frame.current))
      centerOn(flow, selectedId);
  }, [flow, frame, selectedId]);
}

/**
 * Keeps the view when the layout changes. An unfolded group is shown completely. When the graph grows, all of it stays in
 * sight, if it was. Otherwise one box stays at its place on the screen: the folded group, the selected box, or the box
 * closest to the middle.
 */
export function useAnchor(frame: Frame, layout: Layout, selectedBox: string | undefined): void {
  const { getViewport, setViewport, fitBounds } = useReactFlow<GraphNode>();
  const before = useRef(layout);
  const selected = useRef(selectedBox);
  useEffect(() => {
    selected.current = selectedBox;
  }, [selectedBox]);
  useEffect(() => {
    const last = before.current;
    before.current = layout;
    if (last === layout) return;
    const boxes = new Map(layout.boxes.map((box) => [box.id, box]));
    const toggled = boxes.get(toggledBetween(last, layout) ?? '');
    if (toggled && layout.unfolded.has(toggled.id)) {
      void fitBounds(toggled, { padding: FIT.padding, duration: animationMs() });
      return;
    }
    const size = frame.current!;
    const viewport = getViewport();
    if (!toggled && isSame(fitted(last.boxes, size), viewport)) {
      // Without an animation, which the next change would find unfinished.
      void setViewport(fitted(layout.boxes, size));
      return;
    }
    const kept = last.boxes.filter(({ id }) => boxes.has(id));
    const was = kept.find(({ id }) => id === toggled?.id) ?? mostCentral(kept, viewport, size, selected.current);
    if (!was) return;
    const is = boxes.get(was.id)!;
    const { x, y, zoom } = viewport;
    void setViewport({ x: x + (was.x - is.x) * zoom, y: y + (was.y - is.y) * zoom, zoom });
  }, [frame, layout, getViewport, setViewport, fitBounds]);
}

/** Keeps the whole graph in sight, if it was, when the panel of a task opens or closes. */
export function useRefit(frame: Frame): void {
  const flow = useReactFlow<GraphNode>();
  useEffect(() => {
    let { clientWidth, clientHeight } = frame.current!;
    const observer = new ResizeObserver(() => {
      const boxes = flow.getNodes().filter(({ parentId }) => parentId === undefined);
      const bounds = boxes.map(({ position, width = 0, height = 0 }) => ({ ...position, width, height }));
      const before = fitted(bounds, { clientWidth, clientHeight });
      ({ clientWidth, clientHeight } = frame.current!);
      if (isSame(before, flow.getViewport())) void flow.fitView(FIT);
    });
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, [flow, frame]);
}

const toggledBetween = (last: Layout, layout: Layout): string | undefined =>
  [...layout.unfolded, ...last.unfolded].find((id) => layout.unfolded.has(id) !== last.unfolded.has(id));

type Area = Omit<PlacedBox, 'id'>;

/** Returns the viewport that shows all boxes. */
function fitted(boxes: readonly Area[], { clientWidth, clientHeight }: Size): Viewport {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y, width, height } of boxes) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + width);
    bottom = Math.max(bottom, y + height);
  }
  const bounds = { x: left, y: top, width: right - left, height: bottom - top };
  return getViewportForBounds(bounds, clientWidth, clientHeight, MIN_ZOOM, FIT.maxZoom, FIT.padding);
}

/** Returns the selected box if it is in sight, or else the box closest to the middle of the screen. */
function mostCentral(
  boxes: readonly PlacedBox[],
  { x, y, zoom }: Viewport,
  { clientWidth, clientHeight }: Size,
  selected: string | undefined,
): PlacedBox | undefined {
  const offset = (box: PlacedBox) => ({
    x: Math.abs(x + (box.x + box.width / 2) * zoom - clientWidth / 2),
    y: Math.abs(y + (box.y + box.height / 2) * zoom - clientHeight / 2),
  });
  let [closest, distance]: [PlacedBox | undefined, number] = [undefined, Infinity];
  for (const box of boxes) {
    const off = offset(box);
    if (box.id === selected && off.x < clientWidth / 2 && off.y < clientHeight / 2) return box;
    if (Math.hypot(off.x, off.y) < distance) [closest, distance] = [box, Math.hypot(off.x, off.y)];
  }
  return closest;
}

const isSame = (a: Viewport, b: Viewport): boolean =>
  Math.abs(a.x - b.x) < 1 && Math.abs(a.y - b.y) < 1 && Math.abs(a.zoom - b.zoom) < 0.001;

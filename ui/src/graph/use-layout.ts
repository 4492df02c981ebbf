import { useEffect, useState } from 'react';
import type { Arrow, Box } from './boxes';
import type { Folding } from './fold';
import type { LayoutRequest, Placement, Point } from './layout';

/** A graph to lay out and draw. */
interface Plan extends LayoutRequest {
  folding: Folding;
  /** Groups whose members are shown. */
  unfolded: ReadonlySet<string>;
}

export type PlacedBox = Box & Point;
export type PlacedArrow = Arrow & { way: readonly Point[] };

/** A plan with the positions of its boxes. */
export interface Layout extends Plan {
  boxes: readonly PlacedBox[];
  arrows: readonly PlacedArrow[];
}

/** Returns the layout of a graph. Until it is computed, returns the previous one, or undefined. */
export function useLayout(latest: Plan): { layout: Layout | undefined; isWorking: boolean } {
  const [plan, setPlan] = useState(latest);
  const [done, setDone] = useState<{ plan: Plan; layout: Layout }>();
  // A plan is finished before the next one begins: a growing graph would otherwise never be shown.
  if (plan !== latest && done?.plan === plan) setPlan(latest);
  useEffect(() => {
    const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Placement>) => {
      setDone({ plan, layout: placed(plan, data) });
      worker.terminate();
    };
    const { boxes, arrows, direction } = plan;
    worker.postMessage({ boxes, arrows, direction } satisfies LayoutRequest);
    return () => worker.terminate();
  }, [plan]);
  return { layout: done?.layout, isWorking: done?.plan !== latest };
}

const placed = (plan: Plan, { corners, ways }: Placement): Layout => ({
  ...plan,
  boxes: plan.boxes.map((box, i) => ({ ...box, ...corners[i]! })),
  arrows: plan.arrows.map((arrow, i) => ({ ...arrow, way: ways?.[i] ?? [] })),
});

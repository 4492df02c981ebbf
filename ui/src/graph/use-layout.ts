import { useEffect, useState } from 'react';
import type { Box } from './boxes';
import type { LayoutRequest, Positions } from './layout';

/** A graph to be laid out, with what else has to be known to draw it. */
export interface Plan extends LayoutRequest {
  /** Groups whose members are shown. */
  unfolded: ReadonlySet<string>;
}

export interface PlacedBox extends Box {
  x: number;
  y: number;
}

/** A plan whose boxes have their places. */
export interface Layout extends Plan {
  boxes: readonly PlacedBox[];
}

/** The layout of a graph as soon as it is there; until then the one before it, and undefined at first. */
export function useLayout(plan: Plan): { layout: Layout | undefined; isWorking: boolean } {
  const [done, setDone] = useState<{ plan: Plan; layout: Layout }>();
  useEffect(() => {
    const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Positions>) => {
      setDone({ plan, layout: { ...plan, boxes: plan.boxes.map((box, i) => ({ ...box, ...data[i]! })) } });
      worker.terminate();
    };
    const { boxes, arrows, direction } = plan;
    worker.postMessage({ boxes, arrows, direction } satisfies LayoutRequest);
    return () => worker.terminate();
  }, [plan]);
  return { layout: done?.layout, isWorking: done?.plan !== plan };
}

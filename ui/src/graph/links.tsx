import { ViewportPortal } from '@xyflow/react';
import { memo, useMemo } from 'react';
import type { Point } from './layout';
import type { Layout, PlacedArrow, PlacedBox } from './use-layout';

interface LinksProps {
  layout: Layout;
  /** The box whose arrows are highlighted. */
  selectedBox: string | undefined;
}

/** Arrows per path: few elements for thousands of arrows, and the browser skips paths out of sight. */
const ARROWS_IN_A_PATH = 150;

/**
 * Draws all arrows, below the boxes. It does not use React Flow's edges: each of those takes several elements and a
 * subscription, and measures elements in both boxes.
 */
export const Links = memo(function Links({ layout, selectedBox }: LinksProps) {
  const paths = useMemo(() => pathsOf(layout), [layout]);
  const touched = useMemo(() => touching(layout, selectedBox), [layout, selectedBox]);
  return (
    <ViewportPortal>
      <svg className="links" aria-hidden="true">
        {paths.map(({ look, curves, heads }) => (
          <g key={curves} className={look}>
            <path d={curves} />
            <path d={heads} className="heads" />
          </g>
        ))}
      </svg>
      {/* Above all others and above the boxes. */}
      <svg className="links touched" aria-hidden="true">
        {touched.map(({ look, curves, heads }) => (
          <g key={curves} className={look}>
            <path d={curves} />
            <path d={heads} className="heads" />
          </g>
        ))}
      </svg>
    </ViewportPortal>
  );
});

interface Path {
  look: 'required' | 'optional';
  curves: string;
  heads: string;
}

function pathsOf(layout: Layout, arrows: readonly PlacedArrow[] = layout.arrows): Path[] {
  const boxes = new Map(layout.boxes.map((box) => [box.id, box]));
  const order = arrows.toSorted((a, b) => boxes.get(a.from)!.x - boxes.get(b.from)!.x);
  return (['required', 'optional'] as const).flatMap((look) => {
    const alike = order.filter(({ isRequired }) => isRequired === (look === 'required'));
    return Array.from({ length: Math.ceil(alike.length / ARROWS_IN_A_PATH) }, (_, chunk) => {
      const some = alike.slice(chunk * ARROWS_IN_A_PATH, (chunk + 1) * ARROWS_IN_A_PATH);
      const drawn = some.map(({ from, to, way }) =>
        drawnArrow(boxes.get(from)!, boxes.get(to)!, way, layout.direction),
      );
      return { look, curves: drawn.map(({ curve }) => curve).join(''), heads: drawn.map(({ head }) => head).join('') };
    });
  });
}

function touching(layout: Layout, box: string | undefined): Path[] {
  const arrows = layout.arrows.filter(({ from, to }) => from === box || to === box);
  return arrows.length > 0 ? pathsOf(layout, arrows) : [];
}

function drawnArrow(from: PlacedBox, to: PlacedBox, way: readonly Point[], direction: Layout['direction']) {
  const isAcross = direction === 'LR';
  const start = isAcross
    ? { x: from.x + from.width, y: from.y + from.height / 2 }
    : { x: from.x + from.width / 2, y: from.y + from.height };
  const end = isAcross ? { x: to.x - 1, y: to.y + to.height / 2 } : { x: to.x + to.width / 2, y: to.y - 1 };
  const bend = isAcross ? bendAcross : bendDown;
  const points = [start, ...way, end];
  return {
    curve: `M${start.x} ${start.y}${points
      .slice(1)
      .map((point, i) => bend(points[i]!, point))
      .join('')}`,
    head: `M${end.x} ${end.y}${isAcross ? 'l-8 -4v8z' : 'l-4 -8h8z'}`,
  };
}

/** Returns a curve that leaves and enters both points in the direction of the layers. */
function bendAcross(from: Point, to: Point): string {
  const middle = (from.x + to.x) / 2;
  return `C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
}

function bendDown(from: Point, to: Point): string {
  const middle = (from.y + to.y) / 2;
  return `C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${to.y}`;
}

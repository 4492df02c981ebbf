import type { Arrow, Box } from './boxes';
import { BOX_GAP, type Direction, LAYER_GAP, type Point } from './layout';

/** Each sweep brings boxes closer to their neighbours; more sweeps change little. */
const SWEEPS = 6;

/**
 * Places the boxes of large graphs: a layer for each distance from the roots, with its boxes in the order of their
 * neighbours. Its time is linear in boxes and arrows.
 */
export function columns(boxes: readonly Box[], arrows: readonly Arrow[], direction: Direction): Point[] {
  const index = new Map(boxes.map(({ id }, i) => [id, i]));
  const parents: number[][] = boxes.map(() => []);
  const children: number[][] = boxes.map(() => []);
  for (const { from, to } of arrows) {
    const parent = index.get(from)!;
    const child = index.get(to)!;
    parents[child]!.push(parent);
    children[parent]!.push(child);
  }
  const layers = layersOf(parents, children);
  // Position of each box in its layer, from 0 to 1.
  const place = new Float64Array(boxes.length);
  const setPlaces = (layer: readonly number[]) => layer.forEach((box, i) => (place[box] = (i + 0.5) / layer.length));
  layers.forEach(setPlaces);
  const towards = (neighbours: readonly number[], own: number) =>
    neighbours.length > 0 ? neighbours.reduce((sum, i) => sum + place[i]!, 0) / neighbours.length : own;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForth = sweep % 2 === 0;
    for (const layer of isForth ? layers : layers.toReversed()) {
      const goal = new Map(layer.map((i) => [i, towards((isForth ? parents : children)[i]!, place[i]!)]));
      layer.sort((a, b) => goal.get(a)! - goal.get(b)!);
      setPlaces(layer);
    }
  }
  return positions(boxes, layers, direction);
}

/** Groups boxes by their longest distance from a box without parents. */
function layersOf(parents: readonly number[][], children: readonly number[][]): number[][] {
  const openParents = parents.map(({ length }) => length);
  const depth = new Int32Array(parents.length);
  const ready = openParents.flatMap((count, i) => (count === 0 ? [i] : []));
  const layers: number[][] = [];
  for (const i of ready) {
    (layers[depth[i]!] ??= []).push(i);
    for (const child of children[i]!) {
      depth[child] = Math.max(depth[child]!, depth[i]! + 1);
      if (--openParents[child]! === 0) ready.push(child);
    }
  }
  return layers;
}

function positions(boxes: readonly Box[], layers: readonly number[][], direction: Direction): Point[] {
  const isAcross = direction === 'LR';
  const along = ({ width, height }: Box) => (isAcross ? width : height);
  const across = ({ width, height }: Box) => (isAcross ? height : width);
  const result = boxes.map(() => ({ x: 0, y: 0 }));
  let begin = 0;
  for (const layer of layers) {
    const length = layer.reduce((sum, i) => sum + across(boxes[i]!) + BOX_GAP, 0);
    let offset = -length / 2;
    for (const i of layer) {
      result[i] = isAcross ? { x: begin, y: offset } : { x: offset, y: begin };
      offset += across(boxes[i]!) + BOX_GAP;
    }
    // Many arrows need more space between layers.
    begin += Math.max(...layer.map((i) => along(boxes[i]!))) + LAYER_GAP + Math.min(length / 12, 400);
  }
  return result;
}

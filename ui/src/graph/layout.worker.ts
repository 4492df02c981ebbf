/** Computes layouts in a worker, so that the page stays responsive. */
import { type LayoutRequest, place } from './layout';

self.onmessage = ({ data }: MessageEvent<LayoutRequest>) => self.postMessage(place(data));

/** Lays graphs out beside the page, which stays responsive meanwhile. */
import { type LayoutRequest, place } from './layout';

self.onmessage = ({ data }: MessageEvent<LayoutRequest>) => self.postMessage(place(data));

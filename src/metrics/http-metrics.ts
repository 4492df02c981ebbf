import { Histogram, type Registry } from 'prom-client';

/** Label of all requests that no route matches; their paths are chosen by clients. */
const NO_ROUTE = 'unmatched';

/** Metrics of requests to this process. */
export class HttpMetrics {
  private readonly durations: Histogram<'method' | 'route' | 'status'>;

  constructor(registry: Registry) {
    this.durations = new Histogram({
      name: 'hookline_http_request_duration_seconds',
      help: 'Time from a request to the end of its answer, by method, route and class of status. Without event streams.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.025, 0.1, 0.25, 1, 2.5, 10],
      registers: [registry],
    });
  }

  /** Counts an answered request. @param route its pattern, such as `/task/{id}`; undefined if none matches. */
  answered(method: string, route: string | undefined, status: number, ms: number): void {
    this.durations.observe({ method, route: route ?? NO_ROUTE, status: `${Math.floor(status / 100)}xx` }, ms / 1000);
  }
}

import type { Service } from './service';

type Labels = Record<string, string>;

interface Sample {
  name: string;
  labels: Labels;
  value: number;
}

/** A scrape, parsed like Prometheus does. */
export class Scrape {
  readonly samples: Sample[] = [];
  /** Type and help text by the name of the metric. */
  readonly families = new Map<string, { type: string; help: string }>();

  static async of(service: Service): Promise<Scrape> {
    const headers = service.token ? { authorization: `Bearer ${service.token}` } : undefined;
    const response = await fetch(`${service.url}/metrics`, { headers });
    expect({ status: response.status, type: response.headers.get('content-type') }).toEqual({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
    });
    return new Scrape(await response.text());
  }

  private constructor(text: string) {
    for (const line of text.split('\n').filter(Boolean)) {
      const [, keyword, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
      if (keyword)
        this.families.set(name, { type: '', help: '', ...this.families.get(name), [keyword.toLowerCase()]: rest });
      else this.samples.push(sampleOf(line));
    }
  }

  /** Returns the sum of all samples with these labels. */
  sum(name: string, labels: Labels = {}): number {
    return this.of(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  of(name: string, labels: Labels = {}): Sample[] {
    const wanted = Object.entries(labels);
    return this.samples.filter((sample) => sample.name === name && wanted.every(([k, v]) => sample.labels[k] === v));
  }

  /** Returns every sample by its label values, joined by spaces. */
  entries(name: string): Record<string, number> {
    return Object.fromEntries(this.of(name).map(({ labels, value }) => [Object.values(labels).join(' '), value]));
  }

  /** Returns the labels of a metric, without the `le` of histograms. */
  labelsOf(metric: string): string[] {
    const own = this.samples.filter(
      ({ name }) => name === metric || name.replace(/_(bucket|sum|count)$/, '') === metric,
    );
    return [...new Set(own.flatMap(({ labels }) => Object.keys(labels)))].filter((label) => label !== 'le');
  }

  /** Returns the values of a label in a metric. */
  values(name: string, label: string): string[] {
    return [...new Set(this.of(name).map(({ labels }) => labels[label]))];
  }
}

function sampleOf(line: string): Sample {
  const match = /^([a-z0-9_]+)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)$/.exec(line);
  if (!match) throw new Error(`This is no line of the text format: ${line}`);
  const [, name, labels = '', value] = match;
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label, text] as const);
  return { name, labels: Object.fromEntries(pairs), value: Number(value) };
}

import { parser } from '@prometheus-io/lezer-promql';

/** What Prometheus adds to every series that it scrapes. */
const ADDED = ['instance', 'job'];
/** Variables of Grafana, and what stands for them where an expression is only read. */
const INTERVALS = /\$__(rate_)?interval\b/g;

type Tree = ReturnType<typeof parser.parse>;
type Node = Tree['topNode'];

/** The series that a metric has: the names of its labels, and the values of each as far as they were seen. */
export type SeriesOf = (metric: string) => Map<string, Set<string>> | undefined;

/** What is wrong with a PromQL expression: it cannot be read, or asks for what nobody exposes. */
export function faultsOf(expression: string, seriesOf: SeriesOf): string[] {
  const text = expression.replace(INTERVALS, '5m');
  const { topNode } = parser.parse(text);
  const source = (node: Node) => text.slice(node.from, node.to);
  if (all(topNode, '⚠').length > 0) return [`${expression} cannot be parsed`];
  const faults = all(topNode, 'VectorSelector').flatMap((selector) => selectorFaults(selector, source, seriesOf));
  for (const labels of all(topNode, 'GroupingLabels')) {
    const under = all(enclosing(labels), 'VectorSelector').map((selector) => source(selector.getChild('Identifier')!));
    for (const name of all(labels, 'LabelName').map(source))
      for (const metric of under) if (!has(seriesOf(metric), name)) faults.push(`${metric} has no label ${name}`);
  }
  return [...new Set(faults)];
}

/** The labels that the result of an expression can have: what it is grouped by, or else what its metrics have. */
export function labelsOf(expression: string, seriesOf: SeriesOf): string[] {
  const text = expression.replace(INTERVALS, '5m');
  const { topNode } = parser.parse(text);
  const source = (node: Node) => text.slice(node.from, node.to);
  if (all(topNode, 'AggregateExpr').length > 0) {
    const by = all(topNode, 'AggregateModifier').filter((modifier) => modifier.getChild('By'));
    return by.flatMap((modifier) => all(modifier, 'LabelName').map(source));
  }
  const metrics = all(topNode, 'VectorSelector').map((selector) => source(selector.getChild('Identifier')!));
  return [...ADDED, ...metrics.flatMap((metric) => [...(seriesOf(metric)?.keys() ?? [])])];
}

function selectorFaults(selector: Node, source: (node: Node) => string, seriesOf: SeriesOf): string[] {
  const metric = source(selector.getChild('Identifier')!);
  const series = seriesOf(metric);
  if (!series) return [`There is no metric ${metric}`];
  return all(selector, 'UnquotedLabelMatcher').flatMap((matcher) => {
    const name = source(matcher.getChild('LabelName')!);
    if (!has(series, name)) return [`${metric} has no label ${name}`];
    const value = JSON.parse(source(matcher.getChild('StringLiteral')!)) as string;
    const isExact = /^!?=$/.test(source(matcher.getChild('MatchOp')!));
    const isKnown = !isExact || ADDED.includes(name) || series.get(name)!.has(value);
    return isKnown ? [] : [`${metric} has no ${name}="${value}"`];
  });
}

const has = (series: ReturnType<SeriesOf>, label: string): boolean => ADDED.includes(label) || !!series?.has(label);

/** The aggregation or the operation that a list of labels belongs to. */
function enclosing(labels: Node): Node {
  let node = labels.parent!;
  while (node.name !== 'AggregateExpr' && node.name !== 'BinaryExpr') node = node.parent!;
  return node;
}

/** Every node of that name at or below this one. */
function all(top: Node, name: string): Node[] {
  const found: Node[] = [];
  top.cursor().iterate((node) => {
    // What cannot be read has a node of its own, which has no name to be compared with.
    if (node.name === name || (name === '⚠' && node.type.isError)) found.push(node.node);
  });
  return found;
}

import { parser } from '@prometheus-io/lezer-promql';

/** Labels that Prometheus adds to every series. */
const ADDED = ['instance', 'job'];
/** Variables of Grafana, with values to parse an expression with. */
const INTERVALS = /\$__(rate_)?interval\b/g;

type Tree = ReturnType<typeof parser.parse>;
type Node = Tree['topNode'];

/** The series of a metric: the names of its labels, and the values seen of each. */
export type SeriesOf = (metric: string) => Map<string, Set<string>> | undefined;

/** Returns the faults of a PromQL expression: it cannot be parsed, or uses series that nobody exposes. */
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

/** Returns the labels that a result can have: those it is grouped by, or else those of its metrics. */
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

/** Returns the aggregation or operation that a list of labels belongs to. */
function enclosing(labels: Node): Node {
  let node = labels.parent!;
  while (node.name !== 'AggregateExpr' && node.name !== 'BinaryExpr') node = node.parent!;
  return node;
}

/** Returns every node of that name at or below this one. */
function all(top: Node, name: string): Node[] {
  const found: Node[] = [];
  top.cursor().iterate((node) => {
    // A parse error has a node without a name.
    if (node.name === name || (name === '⚠' && node.type.isError)) found.push(node.node);
  });
  return found;
}

import ts from 'typescript';

/** Separates the title of a test from those of its groups. */
export const SEPARATOR = ' › ';

const GROUPS = ['describe'];
const TESTS = ['it', 'test'];

/**
 * Returns the full titles of all tests in a spec file. For `each` tables these are the title as written (`%s is refused`)
 * and, if the first column has literals, the title of each row (`an empty name is refused`).
 */
export function titlesOf(path: string, source: string): Set<string> {
  const titles = new Set<string>();
  const visit = (node: ts.Node, groups: readonly string[]): void => {
    const call = ts.isCallExpression(node) ? titledCall(node) : undefined;
    if (!call) {
      ts.forEachChild(node, (child) => visit(child, groups));
      return;
    }
    const full = groups.flatMap((group) => call.titles.map((title) => (group ? group + SEPARATOR + title : title)));
    if (TESTS.includes(call.name)) for (const title of full) titles.add(title);
    else ts.forEachChild(call.body, (child) => visit(child, full));
  };
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true), ['']);
  return titles;
}

/** Parses `describe('…', body)`, `it('…', body)` and their `each` forms; returns undefined for other calls. */
function titledCall(call: ts.CallExpression): { name: string; titles: string[]; body: ts.Node } | undefined {
  const [title, body] = call.arguments;
  if (!title || !body || (!ts.isStringLiteralLike(title) && !ts.isTemplateExpression(title))) return undefined;
  const written = ts.isStringLiteralLike(title) ? title.text : title.getText().slice(1, -1);
  const { expression } = call;
  if (ts.isIdentifier(expression) && [...GROUPS, ...TESTS].includes(expression.text))
    return { name: expression.text, titles: [written], body };
  if (!ts.isCallExpression(expression) || !ts.isPropertyAccessExpression(expression.expression)) return undefined;
  const { expression: subject, name } = expression.expression;
  if (name.text !== 'each' || !ts.isIdentifier(subject)) return undefined;
  return {
    name: subject.text,
    titles: [written, ...firstColumn(expression.arguments[0]).map(filledInto(written))],
    body,
  };
}

const filledInto = (title: string) => (value: string) => title.replace(/%[sjp]|\$\w+/, () => value);

/** Returns the literal texts in the first column of a table. */
function firstColumn(table: ts.Expression | undefined): string[] {
  if (!table || !ts.isArrayLiteralExpression(table)) return [];
  return table.elements
    .map((row) => (ts.isArrayLiteralExpression(row) ? row.elements[0] : row))
    .flatMap((cell) => (cell && ts.isStringLiteralLike(cell) ? [cell.text] : []));
}

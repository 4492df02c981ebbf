import ts from 'typescript';

/** Between the titles of a test and of the groups that it stands in. */
export const SEPARATOR = ' › ';

const GROUPS = ['describe'];
const TESTS = ['it', 'test'];

/**
 * The full titles of all tests in a spec file, as one would name them: titles of `each` tables both as they are written
 * (`%s is refused`) and, where the first column is written out, with it (`an empty name is refused`).
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

/** `describe('…', body)`, `it('…', body)` and their `each` forms; anything else is nothing. */
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

/** The texts that the rows of a table begin with, as far as they are written out. */
function firstColumn(table: ts.Expression | undefined): string[] {
  if (!table || !ts.isArrayLiteralExpression(table)) return [];
  return table.elements
    .map((row) => (ts.isArrayLiteralExpression(row) ? row.elements[0] : row))
    .flatMap((cell) => (cell && ts.isStringLiteralLike(cell) ? [cell.text] : []));
}

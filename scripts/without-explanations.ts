/**
 * The diagnostics catalog as the library has it: what only `raspc explain` and `check --format sarif` show (explanations, and programs that are wrong
 * and right) is an eighth of a compressed bundle, and nothing of the library reads it.
 */
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import ts from 'typescript';

const SHOWN: ReadonlySet<string> = new Set(['explanation', 'bad', 'good']);

export const WITHOUT_EXPLANATIONS: Plugin = {
  name: 'without-explanations',
  setup(build) {
    build.onLoad({ filter: /[\\/]diagnostics[\\/]catalog[\\/].*\.ts$/ }, async ({ path }) => ({
      contents: withoutExplanations(await readFile(path, 'utf8')),
      loader: 'ts',
    }));
  },
};

/** The text of a file of the catalog, its entries without what is only shown. */
function withoutExplanations(text: string): string {
  const cuts: { readonly from: number; readonly to: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'entry') {
      const [body] = node.arguments;
      if (body !== undefined && ts.isObjectLiteralExpression(body))
        for (const property of body.properties)
          if (ts.isPropertyAssignment(property) && ts.isIdentifier(property.name) && SHOWN.has(property.name.text))
            cuts.push({ from: property.initializer.getStart(), to: property.initializer.end });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('catalog.ts', text, ts.ScriptTarget.Latest, true));
  return cuts.toReversed().reduce((rest, { from, to }) => `${rest.slice(0, from)}''${rest.slice(to)}`, text);
}

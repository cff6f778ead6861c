/**
 * Every rewrite of the graph has its law: what the law's example becomes is what it says, the checker has a law of the same name, and the
 * proof of the compiled example needs it. A rewrite without a law fails here.
 */
import { describe, expect, test } from 'vitest';
import { Equivalence } from '../../../src/checker/meaning/equivalence.ts';
import { CHECKED_LAWS } from '../../../src/checker/meaning/laws.ts';
import { NodeValues } from '../../../src/checker/meaning/node-values.ts';
import type { ElaboratedProgram } from '../../../src/graph/elaborate/elaborate.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import type { GraphNode } from '../../../src/graph/graph.ts';
import { printGraph } from '../../../src/graph/show/print-graph.ts';
import { OPTIMIZATIONS } from '../../../src/passes/optimizations.ts';
import type { LawExample, Rewrite } from '../../../src/passes/simplify/rewrite.ts';
import { REWRITES } from '../../../src/passes/simplify/rewrites.ts';
import { simplify } from '../../../src/passes/simplify/simplify.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { modelToCheck } from '../../support/check-model.ts';

const CONTEXT = 5;
const ALPHABET = 'abc';

function textOf(program: string, { causal, alphabet = ALPHABET }: LawExample): string {
  return `@vocab "${alphabet}"; @context ${CONTEXT}; ${causal ? '@causal' : '@bidirectional'};\n${program}\n@export said;`;
}

function load(program: string, example: LawExample): ElaboratedProgram {
  return loadProgram({ file: sourceFile('law.rasp', textOf(program, example)), loader: () => null });
}

/** What nodes are, whatever they are called and in whatever order they were made. */
function structureOf(roots: readonly GraphNode[]): string[] {
  const known = new Map<string, string>();
  for (const line of printGraph(roots).trim().split('\n')) {
    const [id = '', content = ''] = line.replace(/ {2}# .*$/, '').split(' = ');
    known.set(id, `(${content.replaceAll(/%\d+/g, (argument) => known.get(argument) ?? argument)})`);
  }
  return roots.map(({ id }) => known.get(`%${id}`) ?? '');
}

/** The example after one rewrite alone. */
function rewritten({ law, optimization }: Rewrite) {
  const { before } = law.example;
  const program = load(before, law.example);
  const assumptions = { vocabulary: [...(law.example.alphabet ?? ALPHABET)], context: CONTEXT, causal: law.example.causal };
  const without = OPTIMIZATIONS.filter((each) => each === optimization || !REWRITES.some((other) => other.optimization === each));
  return { program, ...simplify(program.graph, program.exports, assumptions, law.example.sees, new Set(without)) };
}

test('laws have names of their own', () => {
  for (const names of [REWRITES.map(({ law }) => law.name), CHECKED_LAWS.map(({ name }) => name)]) {
    expect(new Set(names).size).toBe(names.length);
  }
});

describe.each(REWRITES.map((rewrite) => [rewrite.law.name, rewrite] as const))('%s', (name, rewrite) => {
  const { example } = rewrite.law;

  test('makes of its example what its law says', () => {
    const { exports, laws } = rewritten(rewrite);
    expect(laws).toEqual([name]);
    expect(structureOf(exports.map(({ node }) => node))).toEqual(structureOf(load(example.after, example).exports.map(({ node }) => node)));
  });

  test('has a law of the checker, without which what it did is not shown', () => {
    const { program, exports } = rewritten(rewrite);
    const { graph } = program;
    const claimsSeeAll = example.sees === 'bidirectional';
    const setting = { graph, context: CONTEXT, causal: example.causal, claimsSeeAll };
    const causal = example.causal && !claimsSeeAll;
    const isShown = (laws: typeof CHECKED_LAWS) => {
      const values = new NodeValues({
        graph,
        vocabulary: [...(example.alphabet ?? ALPHABET)],
        context: CONTEXT,
        causal,
        originals: new Map(),
      });
      const equivalence = new Equivalence(setting, values, laws);
      return exports.every(({ node }, i) => equivalence.proves(program.exports[i]?.node as GraphNode, node));
    };
    expect(CHECKED_LAWS.map((law) => law.name)).toContain(name);
    expect(isShown(CHECKED_LAWS)).toBe(true);
    expect(isShown(CHECKED_LAWS.filter((law) => law.name !== name))).toBe(false);
  });

  test('leaves a compiled model whose certificate is re-established', () => {
    const target = example.sees === 'causal' ? gpt2 : bert;
    const { check, compiled } = modelToCheck(textOf(example.before, example), { target });
    expect(compiled.laws).toContain(name);
    expect(check()).toMatchObject({ kind: 'checked', holds: true });
  });
});

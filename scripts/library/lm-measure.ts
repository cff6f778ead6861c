/** One function of programs/lm, seeded into a small host of a family over a real tokenizer: what it costs, and how often it is right, on text too. */
import type { TextTokenizer } from '../../src/checkpoint/texts/text-tokenizer.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import type { Program } from '../../src/graph/program.ts';
import { drawnHost, type Host } from '../../src/seed/draw/seed-tensors.ts';
import { vocabularyOf } from '../../src/seed/host/alphabet-source.ts';
import { checkSeed, scoreOnText } from '../../src/seed/host/check-seed.ts';
import { compileSeed } from '../../src/seed/host/compile-seed.ts';
import { assertClasses, tokenClasses, withClasses } from '../../src/seed/program/token-classes.ts';
import { withFunctionsMoved } from '../../src/seed/program/whole-tokens.ts';
import { newModelConfig } from '../../src/targets/model-config.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { adversarialInputs, randomInputs } from '../../src/verify/inputs.ts';
import { type SeedCost, seedCost } from '../families/seed-cost.ts';
import { LIBRARIES } from './std-library.ts';

const CONTEXT = LIBRARIES.lm;
/** As the small models of each family, narrower and of fewer layers. */
const SIZES = { positions: 64, width: 256, layers: 6, heads: 4, kvHeads: 4, dim: 64, hidden: 1024, types: 0 };
const CIRCUIT_INPUTS = 200;

export interface LmMeasure extends SeedCost {
  /** Null where it is refused. */
  readonly right: number | null;
  readonly rightOnText: number | null;
  readonly positionsOfText: number;
  readonly why: string;
  readonly classes: number;
}

export interface LmHost {
  readonly host: Host;
  readonly range: number;
  readonly tokenizer: TextTokenizer;
}

export function lmHost(family: string, tokenizer: TextTokenizer): LmHost {
  const target = TARGETS.find(({ name }) => name === family);
  if (target === undefined || target.init === null) throw new Error(`no family ${family}`);
  const vocab = tokenizer.texts.length;
  const config = newModelConfig(target, { ...SIZES, vocab, outputs: vocab });
  return { host: drawnHost({ config, rules: target.init, range: target.init.range, seed: 1 }), range: target.init.range, tokenizer };
}

/** Windows of a text, evenly over it. */
export function textWindows({ encode }: TextTokenizer, text: string, count: number): number[][] {
  const ids = encode(text);
  const step = Math.max(1, Math.floor((ids.length - CONTEXT) / count));
  return Array.from({ length: count }, (_, i) => ids.slice(i * step, i * step + CONTEXT)).filter(({ length }) => length === CONTEXT);
}

/** @param inputs of these one half is made to break things, the other random */
export function measureLm(
  asWritten: Program,
  { host, range, tokenizer }: LmHost,
  windows: readonly (readonly number[])[],
  inputs: number,
): LmMeasure {
  const nothing = { right: null, rightOnText: null, positionsOfText: 0, classes: 0, layers: 0, heads: 0, neurons: 0, dims: 0 };
  try {
    const program = withFunctionsMoved(asWritten);
    assertClasses(program, tokenizer.texts);
    const classified = withClasses(program, tokenClasses(program, tokenizer.texts));
    const size = vocabularyOf(classified).length;
    if (size === 1) return { ...nothing, why: 'no token says what it names' };
    const random = randomInputs(size, CONTEXT, 1000, 1);
    const edges = adversarialInputs(size, CONTEXT);
    const some = (count: number) =>
      Array.from({ length: Math.min(count, edges.count) }, (_, i) => edges.at(Math.floor((i * edges.count) / count)));
    const own = Array.from({ length: Math.ceil(inputs / 2) }, (_, i) => random.at((i % 5) * CONTEXT + Math.floor(i / 5)));
    const bos = host.config.traits.positions.kind === 'learned' ? null : 1;
    const probes = Array.from({ length: 4 }, (_, i) => random.at(i * CONTEXT));
    const source = { program: classified, ids: vocabularyOf(classified).map(() => null) };
    const seed = compileSeed([source], host, { context: CONTEXT, range, bos, probes: [probes] });
    const circuit = [...some(CIRCUIT_INPUTS / 2), ...Array.from({ length: CIRCUIT_INPUTS / 2 }, (_, i) => random.at(5 * i))];
    const [score] = checkSeed(seed, [{ circuit, host: [...some(Math.floor(inputs / 2)), ...own] }]);
    const [text] = scoreOnText(seed, seed.parts[0] as never, windows, tokenizer.texts);
    return {
      right: share(score),
      rightOnText: share(text),
      positionsOfText: text?.positions ?? 0,
      why: '',
      classes: size,
      ...seedCost(seed),
    };
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return { ...nothing, why: error.diagnostics[0]?.message ?? 'refused' };
  }
}

function share(score: { readonly right: number; readonly positions: number } | undefined): number {
  return (score?.right ?? 0) / Math.max(1, score?.positions ?? 0);
}

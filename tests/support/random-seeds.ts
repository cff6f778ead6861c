/** Random programs as seeds of small random hosts of three families: whether each is taken, and how right it is there on other inputs. */
import { randomProgram } from '../../src/dataset/random-program.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { withoutFirst } from '../../src/graph/class-members.ts';
import { loadText } from '../../src/library/load-text.ts';
import { drawnHost, type Host } from '../../src/seed/draw/seed-tensors.ts';
import { type AlphabetSource, vocabularyOf, wholeIds } from '../../src/seed/host/alphabet-source.ts';
import { checkSeed, scoreInHost } from '../../src/seed/host/check-seed.ts';
import { compileSeed } from '../../src/seed/host/compile-seed.ts';
import { tokenClasses, withClasses } from '../../src/seed/program/token-classes.ts';
import { withFunctionsMoved } from '../../src/seed/program/whole-tokens.ts';
import { newModelConfig } from '../../src/targets/model-config.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { adversarialInputs, type InputSource, randomInputs } from '../../src/verify/inputs.ts';
import { randomTokenProgram, TEXTS } from './random-token-program.ts';

const FAMILIES = ['gpt2', 'gpt-neox', 'llama'];
const SIZES = { vocab: 60, positions: 32, width: 256, layers: 8, heads: 6, kvHeads: 6, dim: 48, hidden: 640, types: 0, outputs: 60 };
const SETTING = { vocabulary: 'abc', context: 10, causal: true, seed: 5 };
const IDS = [7, 8, 9];
const BOS = 5;

export interface RandomSeed {
  readonly source: string;
  readonly family: string;
  /** The code of the diagnostic that refuses it; null where it is taken. */
  readonly refused: string | null;
  readonly message: string;
  /** How often it was right when it was tried, and on inputs that it was not tried on. */
  readonly promised: number;
  readonly right: number;
}

const hosts = new Map<string, Host>();

function hostOf(family: string): Host {
  const known = hosts.get(family);
  if (known !== undefined) return known;
  const target = TARGETS.find(({ name }) => name === family);
  if (target?.init == null) throw new Error(`no rules for ${family}`);
  const host = drawnHost({ config: newModelConfig(target, SIZES), rules: target.init, range: target.init.range, seed: 11 });
  hosts.set(family, host);
  return host;
}

function some(source: InputSource, count: number, offset: number): Uint32Array[] {
  const all = Math.min(source.count, count);
  return Array.from({ length: all }, (_, i) => source.at((Math.floor((i * source.count) / all) + offset) % source.count));
}

/** Programs over an alphabet, or over what tokens say and which they are. */
export type RandomKind = 'alphabet' | 'tokens';

/** The program as it is compiled, and the id of each value. */
function sourceOf(kind: RandomKind, source: string): AlphabetSource {
  if (kind === 'alphabet') return { program: loadText(source), ids: IDS };
  const program = withFunctionsMoved(loadText(source));
  const over = withClasses(program, tokenClasses(program, TEXTS));
  return { program: over, ids: vocabularyOf(over).map(() => null) };
}

/** Whatever is neither taken nor refused by a diagnostic is thrown. */
export function seedRandom(number: number, circuitInputs: number, kind: RandomKind = 'alphabet'): RandomSeed {
  const { context } = SETTING;
  const source = kind === 'alphabet' ? randomProgram(SETTING, number) : randomTokenProgram(number, context);
  const family = FAMILIES[number % FAMILIES.length] as string;
  const host = hostOf(family);
  const bos = host.config.traits.positions.kind === 'learned' ? null : BOS;
  try {
    const alphabet = sourceOf(kind, source);
    const size = alphabet.ids.length;
    const random = randomInputs(size, context, 2000, number + 1);
    const edges = adversarialInputs(size, context);
    const probes = [0, 1, 2, 3].map((i) => random.at(i * context));
    const seed = compileSeed([alphabet], host, { context, range: 0.02, bos, probes: [probes] });
    const inputsOf = (count: number, offset: number, others: InputSource, edgeCount: number): Uint32Array[] =>
      [...some(edges, edgeCount, offset), ...some(others, count, 0)].map((tokens) => withoutFirst(tokens, wholeIds(alphabet) ?? [], bos));
    const circuit = inputsOf(circuitInputs / 2, 0, random, circuitInputs / 2);
    const tried = inputsOf(28, 0, random, 12);
    const [score] = checkSeed(seed, [{ circuit, host: tried }]);
    const others = randomInputs(size, context, 2000, number + 77);
    const [part] = seed.parts;
    if (score === undefined || part === undefined) throw new Error('nothing was exported');
    const [again] = scoreInHost(seed, part, inputsOf(28, 5, others, 12));
    if (again === undefined) throw new Error('nothing was measured');
    const shares = { promised: score.right / score.positions, right: again.right / again.positions };
    return { source, family, refused: null, message: '', ...shares };
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    const [first] = error.diagnostics;
    return { source, family, refused: first?.code ?? '', message: first?.message ?? '', promised: 0, right: 0 };
  }
}

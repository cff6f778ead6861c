/** Random programs as seeds of small random hosts of three families: whether each is taken, and how right it is there on other inputs. */
import { randomProgram } from '../../src/dataset/random-program.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { loadText } from '../../src/library/load-text.ts';
import { drawnHost, type Host } from '../../src/seed/draw/seed-tensors.ts';
import { checkSeed, scoreInHost } from '../../src/seed/host/check-seed.ts';
import { compileSeed } from '../../src/seed/host/compile-seed.ts';
import { newModelConfig } from '../../src/targets/model-config.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { adversarialInputs, type InputSource, randomInputs } from '../../src/verify/inputs.ts';

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

/** Whatever is neither taken nor refused by a diagnostic is thrown. */
export function seedRandom(number: number, circuitInputs: number): RandomSeed {
  const source = randomProgram(SETTING, number);
  const family = FAMILIES[number % FAMILIES.length] as string;
  const host = hostOf(family);
  const { context } = SETTING;
  const random = randomInputs(IDS.length, context, 2000, number + 1);
  const edges = adversarialInputs(IDS.length, context);
  const bos = host.config.traits.positions.kind === 'learned' ? null : BOS;
  try {
    const program = loadText(source);
    const probes = [0, 1, 2, 3].map((i) => random.at(i * context));
    const seed = compileSeed([{ program, ids: IDS }], host, { context, range: 0.02, bos, probes: [probes] });
    const circuit = [...some(edges, circuitInputs / 2, 0), ...some(random, circuitInputs / 2, 0)];
    const tried = [...some(edges, 12, 0), ...some(random, 28, 0)];
    const [score] = checkSeed(seed, [{ circuit, host: tried }]);
    const others = randomInputs(IDS.length, context, 2000, number + 77);
    const [part] = seed.parts;
    if (score === undefined || part === undefined) throw new Error('nothing was exported');
    const [again] = scoreInHost(seed, part, [...some(edges, 12, 5), ...some(others, 28, 0)]);
    if (again === undefined) throw new Error('nothing was measured');
    const shares = { promised: score.right / score.positions, right: again.right / again.positions };
    return { source, family, refused: null, message: '', ...shares };
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    const [first] = error.diagnostics;
    return { source, family, refused: first?.code ?? '', message: first?.message ?? '', promised: 0, right: 0 };
  }
}

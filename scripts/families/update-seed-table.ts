/**
 * `npm run seed-table [FAMILY CONTEXT]`: seeds every function of the library that looks back only into a small host of each family, runs them there,
 * and writes docs/results/seeds.md. What has been measured is kept in .cache/seed-table, so that parts can run side by side; delete it to begin anew.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { drawnHost, type Host } from '../../src/seed/draw/seed-tensors.ts';
import { vocabularyOf } from '../../src/seed/host/alphabet-source.ts';
import { checkSeed } from '../../src/seed/host/check-seed.ts';
import { compileSeed } from '../../src/seed/host/compile-seed.ts';
import { newModelConfig, type StoredTensor } from '../../src/targets/model-config.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { adversarialInputs, randomInputs } from '../../src/verify/inputs.ts';
import { causalSubject, readStdLibrary, type StdFile, stdProgram } from '../library/std-library.ts';
import { type SeedCost, seedCost } from './seed-cost.ts';

const FAMILIES = ['gpt2', 'gpt-neox', 'llama'];
/** The contexts that the library is measured at, and on how many inputs a function is run; `FAMILY CONTEXT` measures one of them. */
const CONTEXTS = [
  { context: 16, inputs: 20 },
  { context: 64, inputs: 8 },
] as const;
/** Twelve layers and heads of 64 as the small models of each family have; narrower, so that what others write is louder beside the circuits. */
const SIZES = { vocab: 300, positions: 128, width: 384, layers: 12, heads: 12, kvHeads: 12, dim: 64, hidden: 1536, types: 0, outputs: 300 };
/** What GPT-2 small, Pythia-160m and the Llama of 160M in `configs/` have; what the small host has no room for beyond 16 is measured in these. */
const REAL_SIZES = { ...SIZES, width: 768, hidden: 3072 };
const REAL_GROUPS: Readonly<Record<string, number>> = { llama: 4 };
const CIRCUIT_INPUTS = 60;
const BOS = 5;
const CACHE = packagePath('.cache', 'seed-table');

interface Row extends SeedCost {
  /** Whether it took a host of real size. */
  readonly isReal?: boolean;
  readonly file: string;
  readonly subject: string;
  readonly accuracy: number | null;
  readonly positions: number;
  readonly why: string;
}

/** A host that is drawn once. */
function keptHost(family: string, sizes = SIZES): { host: Host; range: number } {
  const target = TARGETS.find(({ name }) => name === family);
  if (target === undefined || target.init === null) throw new Error(`no family ${family}`);
  const drawn = drawnHost({ config: newModelConfig(target, sizes), rules: target.init, range: target.init.range, seed: 1 });
  const kept = new Map<string, Float32Array>();
  const values = (tensor: StoredTensor, from: number, count: number, into?: Float32Array): Float32Array => {
    const key = `${tensor.name} ${from} ${count}`;
    const known = kept.get(key) ?? drawn.values(tensor, from, count);
    kept.set(key, known);
    if (into === undefined) return known.slice();
    into.set(known);
    return into;
  };
  return { host: { ...drawn, values }, range: target.init.range };
}

function measure(file: StdFile, subject: string, family: ReturnType<typeof keptHost>, context: number, inputs: number): Row {
  const { host, range } = family;
  const empty = { file: file.name, subject, accuracy: null, positions: 0, layers: 0, heads: 0, neurons: 0, dims: 0 };
  try {
    const program = stdProgram(file, [subject], true);
    const size = vocabularyOf(program).length;
    const ids = Array.from({ length: size }, (_, i) => 17 + 7 * i);
    const random = randomInputs(size, context, 1000, 1);
    const edges = adversarialInputs(size, context);
    const some = (count: number) =>
      Array.from({ length: Math.min(count, edges.count) }, (_, i) => edges.at(Math.floor((i * edges.count) / count)));
    const probes = Array.from({ length: 4 }, (_, i) => random.at(i * context));
    const bos = host.config.traits.positions.kind === 'learned' ? null : BOS;
    const seed = compileSeed([{ program, ids }], host, { context, range, bos, probes: [probes] });
    // one of each style, then of all lengths
    const own = Array.from({ length: inputs }, (_, i) => random.at((i % 5) * context + Math.floor(i / 5)));
    const circuit = [...some(CIRCUIT_INPUTS / 2), ...Array.from({ length: CIRCUIT_INPUTS / 2 }, (_, i) => random.at(7 * i))];
    const [score] = checkSeed(seed, [{ circuit, host: [...some(Math.ceil(inputs / 2)), ...own] }]);
    return {
      ...empty,
      accuracy: (score?.right ?? 0) / (score?.positions ?? 1),
      positions: score?.positions ?? 0,
      why: '',
      ...seedCost(seed),
    };
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return { ...empty, why: error.diagnostics[0]?.message ?? 'refused' };
  }
}

function partPath(family: string, context: number): string {
  return `${CACHE}/${family}-${context}.json`;
}

/** What is known is kept row by row, so that a part that was cut short goes on where it was. */
function part(family: string, context: number, inputs: number): Row[] {
  const path = partPath(family, context);
  const rows = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Row[]) : [];
  const keep = (): void => {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(path, JSON.stringify(rows, null, 1));
  };
  let small: ReturnType<typeof keptHost> | null = null;
  let real: ReturnType<typeof keptHost> | null = null;
  const subjects = readStdLibrary().flatMap((file) =>
    file.functions.flatMap((each) => {
      const subject = causalSubject(file, each);
      return subject === null ? [] : [{ file, subject }];
    }),
  );
  for (const [at, { file, subject }] of subjects.entries()) {
    if (rows[at] === undefined) {
      small ??= keptHost(family);
      rows[at] = measure(file, subject, small, context, inputs);
      keep();
    }
    if (rows[at].accuracy === null && rows[at].isReal !== true && context > CONTEXTS[0].context) {
      real ??= keptHost(family, { ...REAL_SIZES, kvHeads: REAL_GROUPS[family] ?? REAL_SIZES.kvHeads });
      rows[at] = { ...measure(file, subject, real, context, inputs), isReal: true };
      keep();
    }
    console.error(`${family} ${context} ${subject}: ${rows[at].accuracy ?? rows[at].why}`);
  }
  return rows;
}

function document(parts: ReadonlyMap<string, readonly Row[]>): string {
  const columns = CONTEXTS.flatMap(({ context }) => FAMILIES.map((family) => ({ family, context })));
  const [first] = parts.values();
  const share = ({ accuracy }: Row): string => (accuracy === 1 ? 'all' : `${(100 * (accuracy ?? 0)).toFixed(1)}%`);
  const cell = (row: Row | undefined): string =>
    row === undefined ? '' : row.accuracy === null ? 'refused' : row.isReal === true ? `${share(row)} *` : share(row);
  const rowOf = (family: string, context: number, at: number) => parts.get(`${family} ${context}`)?.[at];
  const lines = (first ?? []).map(({ file, subject }, at) => {
    const own = rowOf('gpt2', 16, at);
    const cost = own === undefined || own.accuracy === null ? '' : `${own.layers} / ${own.heads} / ${own.neurons} / ${own.dims}`;
    return `| ${file} | \`${subject.replaceAll('|', '\\|')}\` | ${columns.map(({ family, context }) => cell(rowOf(family, context, at))).join(' | ')} | ${cost} |`;
  });
  const counts = columns.map(
    ({ family, context }) => (parts.get(`${family} ${context}`) ?? []).filter(({ accuracy }) => accuracy !== null).length,
  );
  const refusals = columns.flatMap(({ family, context }) =>
    (parts.get(`${family} ${context}`) ?? []).flatMap(({ subject, accuracy, why }) =>
      accuracy === null ? [`- ${family}, ${context}: \`${subject}\`: ${why}`] : [],
    ),
  );
  return `# The library inside language models

Which functions of [the library](../library.md) that look back only \`raspc seed\` compiles into a new model, and at how
many positions each is right there before any training. Written by \`npm run seed-table\`: each function is seeded into
a small host of the family (${SIZES.layers} layers, width ${SIZES.width}, heads of ${SIZES.dim}, ${SIZES.hidden} neurons a layer, drawn by the stock rules), run by raspc's
runtime from there, and read by the map's contract, on random inputs of every kind and on inputs made to break things.
GPT-2 has no BOS; in rotary models one stands first (without one no such function can be right on equal tokens, see
[seeding](../seeding.md)). Real models of these families are wider, which makes what others write quieter beside the
circuits: these hosts are the harder case, which is measured, not proven. What is right at fewer than 99 of 100
positions is refused. At 64 positions what the small host has no room for, or is not right often enough in, is measured
in a host of the family's real size (width ${REAL_SIZES.width}, ${REAL_SIZES.hidden} neurons a layer: GPT-2 small, Pythia-160m, a Llama of 160M) and
marked *. The cost is that of GPT-2 at 16: layers / heads / neurons / dimensions.

Seeded, of ${(first ?? []).length}: ${columns.map(({ family, context }, i) => `${family} at ${context}: ${counts[i]}`).join(' · ')}.

| file | function | ${columns.map(({ family, context }) => `${family} ${context}`).join(' | ')} | cost |
|---|---|${columns.map(() => '--:|').join('')}--:|
${lines.join('\n')}

## Why not

${refusals.join('\n')}
`;
}

const [family, context] = process.argv.slice(2);
if (family !== undefined) part(family, Number(context), CONTEXTS.find((each) => each.context === Number(context))?.inputs ?? 8);
else {
  const parts = new Map(
    CONTEXTS.flatMap((each) => FAMILIES.map((name) => [`${name} ${each.context}`, part(name, each.context, each.inputs)] as const)),
  );
  writeFileSync(packagePath('docs', 'results', 'seeds.md'), document(parts));
}

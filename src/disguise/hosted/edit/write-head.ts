/** A head of the host that says what a compiled one says, on inputs of the program, with what it says of all else. */
import { fail } from '../../../diagnostics/catalog.ts';
import { attentionOf, type ModelConfig } from '../../../targets/model-config.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { Random } from '../../../verify/random.ts';
import { dot } from '../../turn/draw-numbers.ts';
import { valueDims } from '../host.ts';
import type { Rows } from '../rows.ts';
import type { CircuitRun } from '../run-circuit.ts';
import { MOST_STATES } from '../scores/states.ts';
import { type Tempered, temperedScores } from '../scores/tempered-scores.ts';
import { turningScores } from '../scores/turning-scores.ts';
import type { Edit } from './edit.ts';
import { codeRow, setCodes } from './embed-codes.ts';
import { centred, column, lineOf, type Mutable, makeRoom, type Reading, squared } from './reading.ts';
import { turnHead } from './turn-head.ts';

interface HeadAt {
  readonly edit: Edit;
  readonly roles: Mutable;
  readonly change: Reading;
  readonly its: CircuitRun['layers'][number];
  readonly index: number;
  readonly head: number;
  readonly config: ModelConfig;
  readonly at: number;
  readonly random: Random;
}

/** Of the host's head those dimensions that the circuit's does not need keep their values, and every other query and key. */
export function writeHead({ edit, roles, change, its, index, head, config, at, random }: HeadAt): void {
  const { circuit, circuitConfig, places } = edit;
  const { dim, width: from } = circuitConfig.sizes;
  const { dim: size, width } = config.sizes;
  const lines = Array.from({ length: size }, (_, i) => head * size + i);
  const own = Array.from({ length: dim }, (_, i) => index * dim + i);
  const valued = valueDims(circuit, at, index).map((i) => index * dim + i);
  const compiled = { queries: column(its.queries, own), keys: column(its.keys, own) };
  const isTurning = config.traits.positions.kind === 'rotary';
  const tempered = isTurning ? turningOf(compiled, { edit, config, at, random }) : temperedOf(compiled, { edit, config });
  const loud = (tempered === null ? edit.strength * circuitConfig.numbers.scores : 1) / config.numbers.scores;
  const used = lines.slice(0, tempered?.queries.width ?? dim);
  const silent = lines.slice(used.length);
  const length = (rows: Rows) => Math.sqrt(dot(rows.data, rows.data)) || 1;
  // what all keys have in common, a query does not notice
  const [q, k, v] = [tempered?.queries ?? compiled.queries, tempered?.keys ?? centred(compiled.keys), column(its.values, valued)].map(
    (wanted) => change.saying(wanted),
  ) as [Rows, Rows, Rows];
  const lengthsOf = (role: string) => lines.map((line) => Math.sqrt(squared(roles[role] as Tensor, [line], width)));
  const before = { query: lengthsOf('query'), key: lengthsOf('key'), value: lengthsOf('value'), output: lengthsOf('output') };
  const balance = Math.sqrt(length(k) / length(q));
  const outputs = valued.map((line) => codeRow(lineOf(circuit.layers[at]?.output as Tensor, line, from), edit, 1));
  const ratio = Math.sqrt(dot(roles.value?.data ?? [], roles.value?.data ?? []) / dot(roles.output?.data ?? [], roles.output?.data ?? []));
  const moved = Math.sqrt((Math.sqrt(outputs.reduce((sum, row) => sum + dot(row, row), 0)) / length(v)) * ratio) || 1;
  for (const [role, told, factor] of [
    ['query', q, Math.sqrt(loud) * balance],
    ['key', k, Math.sqrt(loud) / balance],
    ['value', v, moved],
  ] as const) {
    const whole = squared(roles[role] as Tensor, lines, width);
    const saying = role === 'value' ? lines.slice(0, valued.length) : used;
    const isSilent = (i: number) => role !== 'value' && (i % 2 === 0) === (role === 'key');
    change.silence(roles, role, [...saying, ...silent.filter((_, i) => isSilent(i))]);
    // other values go on being read
    const free = role === 'value' ? saying : lines;
    const kept = whole - squared(roles[role] as Tensor, lines, width) + squared(roles[role] as Tensor, free, width);
    makeRoom(roles, role, free, width, Math.max(kept, 0), factor ** 2 * dot(told.data, told.data));
    change.add(roles, role, saying, told, factor);
  }
  for (const [i, line] of lines.slice(0, valued.length).entries())
    setCodes(
      lineOf(roles.output as Tensor, line, width),
      (outputs[i] as Float64Array).map((x) => x / moved),
      places,
    );
  // planes that turn with positions stay where they are
  for (const pair of isTurning ? PAIRS.slice(1) : PAIRS)
    turnHead(
      pair.flatMap((role) => {
        const bias = role === 'output' ? undefined : roles[`${role}Bias`];
        return [
          { tensor: roles[role] as Tensor, lines, width, lengths: before[role] },
          ...(bias === undefined ? [] : [{ tensor: bias, lines, width: 1, lengths: null }]),
        ];
      }),
      random,
    );
}

/** Roles whose inner basis is one. */
const PAIRS = [
  ['query', 'key'],
  ['value', 'output'],
] as const;

function temperedOf(compiled: Tempered, { edit, config }: Pick<HeadAt, 'edit' | 'config'>): Tempered | null {
  if (edit.contrast === 0) return null;
  const cut = { factor: edit.circuitConfig.numbers.scores, contrast: edit.contrast, most: config.sizes.dim };
  return temperedScores(
    compiled,
    edit.batch.map((ids) => ids.length),
    cut,
  );
}

/** Where scores are cut off that are not to be, in a host that turns, which has no others. */
const WIDEST = 12;

/** Diagnostics: R7765. */
function turningOf(compiled: Tempered, { edit, config, at, random }: Pick<HeadAt, 'edit' | 'config' | 'at' | 'random'>): Tempered {
  const { circuitConfig, batch, contrast, places } = edit;
  const found = turningScores(
    compiled,
    batch.map((ids) => ids.length),
    {
      factor: circuitConfig.numbers.scores,
      from: attentionOf(circuitConfig, at).rotary,
      to: attentionOf(config, places.layers[at] as number).rotary,
      size: config.sizes.dim,
      contrast: contrast > 0 ? contrast : WIDEST,
      random,
    },
  );
  return (
    found ??
    fail('R7765', {
      path: edit.map.program.file,
      why: `a head has more than ${MOST_STATES} different queries or keys, which a host that turns them has no room for`,
    })
  );
}

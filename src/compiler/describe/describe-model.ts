/** What raspc.json says of a compiled model, and its sizes. */

import type { CircuitMap, MapOutput, MapVariable, Place } from '../../checkpoint/map/circuit-map.ts';
import { specialTokenText } from '../../checkpoint/tokenizer/token-texts.ts';
import type { Export, Program } from '../../graph/program.ts';
import { typeOfAll } from '../../graph/value.ts';
import type { OutputIds } from '../../passes/assemble/assign-ids.ts';
import type { Assumptions, Facts } from '../../passes/facts/facts.ts';
import type { Placement, Slot } from '../../placement/placement.ts';
import type { Certificate } from '../../predict/certificate.ts';
import { sha256HexOfText } from '../../source/sha256.ts';
import { formatSpan, type Span } from '../../source/source-file.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Weights } from '../../weights/weights.ts';
import { describeCodes, describeEdges, describeLife, describeSelection, readableName, uniqueNames } from './describe-circuit.ts';
import { describeMeaning } from './describe-meaning.ts';

/** A variable with more values than this is listed without them: fractions of a long context have tens of thousands. */
const LISTED_VALUES = 4096;

export interface ModelSize {
  readonly layers: number;
  /** Of the layer that has most in use. */
  readonly heads: number;
  readonly width: number;
  readonly dim: number;
  readonly hidden: number;
  readonly parameters: number;
  readonly nonzero: number;
  readonly headsPerLayer: readonly number[];
}

export function measureModel(weights: Weights, { layers, sizes }: Placement): ModelSize {
  const tensors: Tensor[] = [weights.model, ...weights.layers].flatMap((part) => Object.values(part));
  const headsPerLayer = layers.map((l) => l.heads.length);
  return {
    layers: layers.length,
    heads: Math.max(...headsPerLayer),
    width: sizes.width,
    dim: sizes.dim,
    hidden: sizes.hidden,
    parameters: tensors.reduce((sum, t) => sum + t.data.length, 0),
    nonzero: tensors.reduce((sum, t) => sum + t.data.reduce((n, x) => n + (x === 0 ? 0 : 1), 0), 0),
    headsPerLayer,
  };
}

export interface DescribeInput {
  readonly program: Program;
  /** The exports as the circuit computes them. */
  readonly simplified: readonly Export[];
  /** What the program is compiled under. A causal program for an encoder is one, whatever the facts are of, in which its condition is written out. */
  readonly assumptions: Assumptions;
  readonly facts: Facts;
  readonly placement: Placement;
  readonly ids: OutputIds;
  readonly certificate: Certificate;
}

export function describeModel({
  program,
  simplified,
  assumptions,
  facts,
  placement,
  ids,
  certificate,
}: DescribeInput): Omit<CircuitMap, 'raspc' | 'dtype' | 'compute' | 'target' | 'files'> {
  const { source } = program;
  const names = uniqueNames(placement.lifetimes.keys());
  const variables = [...placement.lifetimes].map(([register, { written, lastRead }]): MapVariable => {
    const values = register.values !== null && register.values.length <= LISTED_VALUES ? register.values : [];
    return {
      name: names.get(register) as string,
      span: spanText(register.spans),
      encoding: register.encoding,
      values,
      dims: placement.dimensions.get(register) ?? [],
      written: placeOf(written),
      lastRead: lastRead ?? placeOf(written),
      ...describeCodes(register, values),
      live: describeLife(register, placeOf(written), placement),
    };
  });
  return {
    program: { file: source.path, sha256: sha256HexOfText(source.text), source: source.text },
    ...(placement.goals === null ? {} : { exactSchedule: true }),
    context: assumptions.context,
    causal: assumptions.causal,
    ...(program.assumes.length === 0 ? {} : { assumes: program.assumes.map(({ span }) => span.file.text.slice(span.start, span.end)) }),
    ...generationOf(
      program,
      placement.circuit.readouts.map(({ name }) => name),
    ),
    bos: { id: 0, token: specialTokenText('bos', assumptions.vocabulary) },
    vocabulary: assumptions.vocabulary.map((value, i) => ({ id: i + 1, value })),
    outputs: placement.circuit.readouts.map((readout, i): MapOutput => {
      const own = ids.readouts[i] as readonly number[];
      if (readout.kind === 'numeric')
        return { name: readout.name, type: 'float', kind: 'numeric', logit: own[0] as number, scale: 1, offset: 0 };
      const values = readout.logits.map((l) => l.value);
      return {
        name: readout.name,
        type: typeOfAll(values),
        kind: 'categorical',
        logits: values.map((value, v) => ({ id: own[v] as number, value })),
      };
    }),
    variables,
    heads: placement.layers.flatMap(({ heads }, layer) =>
      heads.flatMap(({ index, components }) =>
        components.map((c) => ({
          layer,
          head: index * (placement.sizes.heads / placement.sizes.kvHeads),
          name: readableName(c),
          span: spanText(c.spans),
          ...describeSelection(c, facts),
        })),
      ),
    ),
    neurons: placement.layers.flatMap(({ groups }, layer) =>
      groups.map(({ group, from, to }) => ({ layer, from, to, name: readableName(group), span: spanText(group.spans) })),
    ),
    ...clearsOf(placement),
    edges: describeEdges(placement, names),
    meaning: describeMeaning(simplified, placement, { variables }),
    certificate: {
      holds: certificate.holds,
      worstMargin: certificate.worstMargin,
      errorBound: certificate.errorBound,
      sums: certificate.sums,
      worst:
        certificate.worst === null
          ? null
          : { kind: certificate.worst.kind, name: certificate.worst.name, span: spanText(certificate.worst.spans) },
    },
  };
}

/** Nothing where the program, or what of it is exported, is not run on its own output. */
function generationOf({ generation }: Program, outputs: readonly string[]): Pick<CircuitMap, 'generation'> {
  if (generation === null || !outputs.includes(generation.name)) return {};
  return { generation: { output: generation.name, halt: generation.halt?.value ?? null } };
}

/** Nothing where nothing is cleared. */
function clearsOf({ layers, lifetimes }: Placement): Pick<CircuitMap, 'clears'> {
  const numberOf = new Map([...lifetimes.keys()].map((register, index) => [register, index]));
  const clears = layers.flatMap((each, layer) =>
    each.clears.map(({ register, from, to }) => ({ layer, from, to, variable: numberOf.get(register) as number })),
  );
  return clears.length === 0 ? {} : { clears };
}

function placeOf(slot: Slot | 'embedding'): Place {
  return slot === 'embedding' ? { layer: 0, sublayer: 'embedding' } : { layer: slot.layer, sublayer: slot.sublayer };
}

function spanText(spans: readonly Span[]): string {
  return spans[0] ? formatSpan(spans[0]) : '';
}

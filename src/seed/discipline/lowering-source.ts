/** What the parts of the lowering of a seed need of each other. */
import type { Feature, Form, Head, HeadValue, NeuronGroup, Register, Step } from '../../circuit/circuit.ts';
import type { TokenCode } from '../../codes/token-code.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { Graph, GraphNode, SOp } from '../../graph/graph.ts';
import { type Value, valueKey } from '../../graph/value.ts';
import type { Facts } from '../../passes/facts/facts.ts';
import type { RatioCode } from './counts/ratio-code.ts';

/** Values of one s-op that get a dimension each; beyond, it is a number, or refused. */
export const MOST_VALUES = 160;

/** What the discipline asks of a host. */
export interface SeedTraits {
  /** Whether a table of positions can be written, or heads tell distances by turning. */
  readonly positions: 'learned' | 'rotary';
  /** Dimensions of a head that compare content. */
  readonly contentDims: number;
  /** The most dimensions of a head. */
  readonly headDims: number;
  /** The most neurons that one function may take. */
  readonly neurons: number;
}

export interface PendingHead extends Omit<Head, 'values' | 'kind'> {
  readonly values: HeadValue[];
}

/** A register that is still growing. */
export type OpenRegister = Register & { features: Feature[] };

/** The code of a model's tokens, and of each value of the vocabulary which of them it is. */
export interface GivenCodes {
  readonly code: TokenCode;
  readonly ids: readonly number[];
}

/** The entries of a code as they lie in a register: ±a level, or 0 where there is no token. */
export interface CodeForms {
  readonly forms: readonly Form[];
  readonly level: number;
  /** 1 where there is a token, else 0: moved together with the entries, and so as loud as they are. */
  readonly present: Form;
  /** 1 where there is none. */
  readonly absent: Form;
}

export interface LoweringSource {
  readonly graph: Graph;
  readonly facts: Facts;
  readonly traits: SeedTraits;
  readonly context: number;
  /** 1 / (n + 1) where n positions have been read, BOS not counted. */
  readonly unit: Form;
  /** 0 or 1 for each value of the s-op, in the order of its domain. */
  bits(node: SOp): readonly Form[];
  /** 0 or 1 for each class of values. Values of class -1 are in none. */
  partition(node: SOp, classOf: ArrayLike<number>): readonly Form[];
  /** Whether tokens have a code, and the values of the vocabulary are but some of them. */
  readonly isCoded: boolean;
  /** Which token it is; refused where no code of tokens was given. */
  codeOf(node: SOp): CodeForms;
  /** The same, cut clean by neurons where a head wrote it that tells the last of several from the one before by a few nats. */
  sharpCodeOf(node: SOp): CodeForms;
  /** The code that {@link codeOf} gives. */
  readonly tokenCode: TokenCode;
  /** The s-op as a quotient of shares; null where it is none. */
  ratioOf(node: SOp): RatioCode | null;
  /** A number of the position, from its table. */
  indexForm(levels: Float64Array, atBos?: number): Form;
  newRegister(name: string, node: SOp | null, values: readonly Value[] | null, encoding: Register['encoding']): OpenRegister;
  addFeature(register: OpenRegister, levels: Float64Array | null, bos: number): Form;
  addHead(head: PendingHead): PendingHead;
  addGroup(group: NeuronGroup): void;
  /** Whether a form follows from what a head writes. */
  isBehind(form: Form, head: PendingHead): boolean;
  /** A step whose input is above `high`, or below `low`; at BOS it is below. */
  step(input: Form, low: number, high: number, writes: Step['writes']): Step;
  /** Registers that a head wrote which tells the last of several from the one before by a few nats: their numbers are about right. */
  readonly blurred: Set<Register>;
  /** The same number, 0 or 1, cut clean by neurons where it is read of blurred registers. */
  sharp(form: Form): Form;
  /** The form, but `level` at BOS. */
  pinned(form: Form, level: number): Form;
}

/** The same value of the same type. */
export function sameValue(a: Value, b: Value): boolean {
  return valueKey(a) === valueKey(b);
}

export function refuse(node: GraphNode, why: string): never {
  return fail('R7701', { why }, { span: node.spans[0], label: 'this cannot be seeded' });
}

/** A number for a message. */
export function countOf(size: number): string {
  return Number.isFinite(size) ? String(size) : 'more';
}

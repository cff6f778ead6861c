/**
 * raspc.json, the circuit map (schema 1): which program a checkpoint holds, how its inputs and outputs are numbered, and where in the
 * model everything lies. Other tools read it by this contract.
 */
import type { Json } from '../../targets/target.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { MapMeaning } from './map-meaning.ts';
import type { MapValue } from './map-value.ts';

export const MAP_FILE = 'raspc.json';
export const MAP_SCHEMA = 1;

export type MapType = 'int' | 'float' | 'bool' | 'string';

/** A sublayer: what writes the residual stream, or reads it last. */
export interface Place {
  readonly layer: number;
  readonly sublayer: 'embedding' | 'attention' | 'mlp' | 'output';
}

export interface Identified {
  readonly id: number;
  readonly value: MapValue;
}

/** The value whose listed logit is largest. */
export interface CategoricalOutput {
  readonly name: string;
  readonly type: MapType;
  readonly kind: 'categorical';
  readonly logits: readonly Identified[];
}

/** `scale × logits[logit] + offset`. */
export interface NumericOutput {
  readonly name: string;
  readonly type: MapType;
  readonly kind: 'numeric';
  readonly logit: number;
  readonly scale: number;
  readonly offset: number;
}

export type MapOutput = CategoricalOutput | NumericOutput;

/** What a value is in the dimensions of its variable, in their order. */
export interface ValueCode {
  readonly value: MapValue;
  readonly code: readonly number[];
}

/** A subspace of the residual stream that holds one s-op. */
export interface MapVariable {
  /** Of no other variable. */
  readonly name: string;
  /** As `programs/hist.rasp:4:8-4:50`. */
  readonly span: string;
  readonly encoding: string;
  readonly values: readonly MapValue[];
  readonly dims: readonly number[];
  readonly written: Place;
  readonly lastRead: Place;
  /** Of every value; not written where values are not listed, or are so many that the encoding says it in less room. */
  readonly codes?: readonly ValueCode[] | undefined;
  /** What lies in the dimensions at BOS. */
  readonly bosCode?: readonly number[] | undefined;
  /** The sublayer that writes it, and the last one before which its dimensions hold it. */
  readonly live?: { readonly from: Place; readonly to: Place } | undefined;
}

export interface MapHead {
  readonly layer: number;
  readonly head: number;
  readonly name: string;
  readonly span: string;
  /** The keys that it attends to, in words of the program. */
  readonly selects?: string | undefined;
  /** Least and largest share of its attention that BOS takes by construction, at queries that are tokens. */
  readonly bosShare?: { readonly least: number; readonly most: number } | undefined;
}

/** `embedding`, `a{layer}.h{head}` with `<q>`, `<k>` or `<v>` where it reads, `m{layer}` or `logits`: who reads from whom, and which variable. */
export interface MapEdge {
  readonly from: string;
  readonly to: string;
  readonly variable: string;
  /** The reader takes the variable off the stream; not written where it uses it. */
  readonly clears?: boolean | undefined;
}

/** Neurons `from` to `to` (not included) of a layer's MLP. */
export interface MapNeurons {
  readonly layer: number;
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly span: string;
}

export interface MapFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Neurons `from` to `to` (not included) of a layer, and the number of the variable that they clear. */
export interface MapClear {
  readonly layer: number;
  readonly from: number;
  readonly to: number;
  readonly variable: number;
}

/** All of an axis, one index of it, or several. */
export type AxisIndex = number | readonly number[] | null;

export interface MapHook {
  /** The module's path. */
  readonly transformers: string;
  /** Of what it gives, or of its first argument. */
  readonly output: 'output' | 'input';
  /** Columns `from` to `to` (not included) of the last axis; of variables their dimensions say it. */
  readonly columns?: readonly number[] | undefined;
  readonly transformerLens?: string | undefined;
  /** Of TransformerLens's tensor, axis by axis. */
  readonly index: readonly AxisIndex[];
}

/** In the order of the map's lists. */
export interface MapHooks {
  readonly variables: readonly MapHook[];
  readonly heads: readonly MapHook[];
  readonly neurons: readonly MapHook[];
}

export interface CircuitMap {
  /** The version of raspc that wrote it. */
  readonly raspc: string;
  readonly program: { readonly file: string; readonly sha256: string; readonly source: string };
  readonly target: string;
  /** What the weights are stored as. */
  readonly dtype: Dtype;
  /** What the model computes in; not written where it is f32. */
  readonly compute: Dtype;
  /** Whether the best schedule was looked for; not written where it was not. */
  readonly exactSchedule?: boolean | undefined;
  /** How many times the usual work was allowed for planning (`--effort`); not written where it was the usual. */
  readonly effort?: number | undefined;
  /** The longest input in tokens, BOS not counted. */
  readonly context: number;
  readonly causal: boolean;
  /** What holds at every position of every input that the model is for, in words of the program; not written where nothing is assumed. */
  readonly assumes?: readonly string[] | undefined;
  /** The output that is appended where the program runs on its own output, and the value that ends a run; not written where it does not. */
  readonly generation?: { readonly output: string; readonly halt: MapValue | null } | undefined;
  readonly bos: { readonly id: number; readonly token: string };
  readonly vocabulary: readonly Identified[];
  readonly outputs: readonly MapOutput[];
  readonly variables: readonly MapVariable[];
  readonly heads: readonly MapHead[];
  readonly neurons: readonly MapNeurons[];
  /** Neurons that take a variable off the stream again; not written where there are none. */
  readonly clears?: readonly MapClear[] | undefined;
  /** What is not among them is not used on any input. */
  readonly edges?: readonly MapEdge[] | undefined;
  readonly hooks?: MapHooks | undefined;
  /** What each variable means, where the writer says so. */
  readonly meaning?: MapMeaning | undefined;
  /** What its compiler says that it has proven: a claim, of the files with the hashes below. */
  readonly certificate: { readonly [key: string]: Json };
  /** The other files of the folder. */
  readonly files: readonly MapFile[];
}

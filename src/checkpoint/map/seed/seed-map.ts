/**
 * raspc.json of a seeded model (schema 1): which entries of the checkpoint belong to circuits, and how the circuits read and write the
 * stream. A seeded model has no vocabulary and no values of its own, so this is a form beside that of compiled ones; what tells them
 * apart is `circuits`.
 */
import type { StreamAxis } from '../../../targets/stream-axes.ts';
import type { MapFile, MapType } from '../circuit-map.ts';
import type { MapNode } from '../map-meaning.ts';

/** Entries of a stored tensor: the product of some rows and some columns, as half-open ranges; a vector has rows only. */
export interface SeedSlice {
  readonly tensor: string;
  readonly rows: readonly (readonly number[])[];
  readonly cols: readonly (readonly number[])[];
}

/** What computes one export: its heads, the reserved dimensions it uses and every entry that was programmed for it. */
export interface SeedCircuit {
  readonly name: string;
  /** `tokens` score at the output; an `answer` is a token that is left in the stream, as `features` says; `presence` and `mean` are numbers in the dimension that is listed last; a `feature` is described by itself. */
  readonly kind: 'tokens' | 'answer' | 'presence' | 'mean' | 'feature';
  readonly span: string;
  readonly heads: readonly string[];
  readonly dims: readonly number[];
  readonly slices: readonly SeedSlice[];
  /** As measured when it was written; null where nothing was. */
  readonly promise: SeedPromise | null;
  /** Of tokens whose logits are lowered: by how many nats, a negative number; absent or 0: they are raised. */
  readonly strength?: number;
}

/** How often a circuit is right in the whole model, of so many positions of random inputs of every kind. */
export interface SeedPromise {
  readonly accuracy: number;
  readonly positions: number;
  /** The longest input, in tokens of the program. */
  readonly context: number;
  /** What it expects of windows of each kind, measured in the very model; null in maps of before 0.3. */
  readonly windows: SeedWindows | null;
}

/**
 * `random`: random tokens, the second half as the first; `no-bos`: the same without BOS; `text-like`: a source of order two by Zipf's law, no
 * text; `packed`: two such documents, BOS between them where there is one.
 */
export const SEED_WINDOW_KINDS = ['random', 'text-like', 'no-bos', 'packed'] as const;
export type SeedWindowKind = (typeof SEED_WINDOW_KINDS)[number];

export interface SeedWindowShare {
  readonly kind: SeedWindowKind;
  readonly accuracy: number;
  /** At which the program has an answer. */
  readonly positions: number;
}

/** The share of right answers in windows that follow from `seed`, in the first `layers` of the model, among `among` tokens. */
export interface SeedWindows {
  readonly seed: number;
  readonly length: number;
  /** Windows of each kind. */
  readonly sequences: number;
  readonly layers: number;
  readonly among: number;
  readonly shares: readonly SeedWindowShare[];
}

/** An exported value that is left in the stream for the rest of the model: how it is read from `hidden_states[after]`. */
export interface SeedFeatureRecord {
  readonly name: string;
  readonly type: MapType;
  /** `tokens`: the token whose code (`code` of the map) has the largest cosine; where nothing was found, all of it is next to nothing. */
  readonly kind: 'categorical' | 'numeric' | 'tokens';
  readonly after: number;
  readonly dims: readonly number[];
  /** Of a categorical one: the value is that of the code with the largest cosine. */
  readonly codes: readonly { readonly value: boolean | number | string; readonly code: readonly number[] }[];
  /** Of a numeric one: `scale · (h · weights) / (h · per) + offset`. */
  readonly weights: readonly number[];
  readonly per: readonly number[];
  readonly scale: number;
  readonly offset: number;
  /** `from N`: the program's input begins at position N of a window, and nothing is said of those before. */
  readonly positions: string;
  /** Of an answer: by which codes, where they are not those of the map; absent where they are. */
  readonly code?: SeedTokenCode | null;
  /** For which scales of the stream it holds on every input; absent where nothing is proven. */
  readonly bound?: SeedBoundRecord | null;
}

/** Root mean square of the stream before attention and before neurons, at the first position and elsewhere. */
/** What heads over any token have taken of a model, and for what scales compiled circuits were written beside them. */
export interface SeedBesideRecord {
  /** Theirs are the dimensions from here on. */
  readonly end: number;
  /** Theirs are the key-value heads before this one, in every layer. */
  readonly kvHead: number;
  readonly scales: SeedScales;
}

export interface SeedScales {
  readonly attention: readonly { readonly first: number; readonly typical: number }[];
  readonly mlp: readonly { readonly first: number; readonly typical: number }[];
}

/** What holds of a feature on every input, as long as nobody else writes into the circuits' dimensions. */
export interface SeedBoundRecord {
  /** By what factor the stream may be louder or quieter, at every place that reads it, than the weights were written for. */
  readonly scale: number;
  /** By how much the right value leads every other one then, of 1. */
  readonly margin: number;
  /** By what factor it moved at most when it was measured. */
  readonly moved: number;
}

/** An export that moves the logits of tokens: its dimensions, which only the output reads, and what each of its values names. */
export interface SeedSayingRecord {
  readonly name: string;
  readonly dims: readonly number[];
  /** Nats by which a named token's logit is to rise; negative: to fall. */
  readonly strength: number;
  /** By how many it did when it was written, at so many positions, of which such a share had each named token on its side of half of it. */
  readonly nats: number;
  readonly accuracy: number;
  readonly positions: number;
  /** Where any token is said: some of them. */
  readonly values: readonly { readonly value: boolean | number | string; readonly ids: readonly number[] }[];
  /** In which any token is said, an entry a dimension, as in `code` of the map; absent or null: each value has a dimension of its own. */
  readonly code?: Pick<SeedTokenCode, 'bits' | 'columns'> | null;
}

/** What was measured on a text of the user's, in windows from its beginning: the same is measured again on it, or on another one. */
export interface SeedText {
  /** Of the text as it was read. */
  readonly sha256: string;
  /** Tokens of a window at most, what stands first counted, and windows. */
  readonly length: number;
  readonly windows: number;
  /** How often each circuit was right, at the positions where its program has an answer. */
  readonly shares: readonly { readonly name: string; readonly accuracy: number; readonly positions: number }[];
  readonly says: readonly { readonly name: string; readonly nats: number; readonly accuracy: number; readonly positions: number }[];
  /** The model's loss on it in nats, and that of the same model without circuits. */
  readonly loss: { readonly seeded: number; readonly twin: number };
}

/** A query head; those of one key-value group that compute the same have one name. */
export interface SeedHeadRecord {
  readonly layer: number;
  readonly head: number;
  readonly name: string;
  readonly span: string;
  /** It attends this many positions after those that the program selects. */
  readonly after: number;
  /** Root mean square of the stream before its layer, up to which it does its work; null where any will do. */
  readonly streamAtMost: number | null;
}

/** Reserved dimensions and what they hold. */
export interface SeedVariable {
  readonly name: string;
  readonly encoding: string;
  readonly dims: readonly number[];
  /** Root mean square of an entry where it holds something. */
  readonly amplitude: number;
  /** -1 is the embedding; the number of layers is the output. */
  readonly written: number;
  readonly lastRead: number;
}

/** A program that was seeded, and its meaning for those who have no raspc: nodes in topological order, and which of them it exports. */
export interface SeedProgramRecord {
  readonly file: string;
  readonly sha256: string;
  readonly source: string;
  readonly meaning?: SeedMeaning | null;
  /** Of a program over the tokens of a tokenizer: its values, and which of them each token is. */
  readonly classes?: SeedClasses | null;
}

/** The tokens of a tokenizer in classes: what one token of each says, and the class of every id as runs, `0*256 1 0*3`. */
export interface SeedClasses {
  readonly values: readonly string[];
  readonly runs: string;
}

export interface SeedMeaning {
  readonly nodes: readonly MapNode[];
  readonly outputs: readonly { readonly name: string; readonly node: number }[];
}

/** The checkpoint that circuits were grafted onto: its weights, its sizes before, and what the graft changed in what it says. */
export interface SeedHostRecord {
  readonly files: readonly MapFile[];
  readonly sizes: { readonly width: number; readonly heads: number; readonly kvHeads: number; readonly hidden: number };
  /** Where norms take a mean off, new dimensions hold that of the old ones beside what is theirs, and this one holds nothing else: null elsewhere. */
  readonly reference: number | null;
  /** Tensors that became larger; of all others only the norms' gains differ. */
  readonly widened: readonly string[];
  readonly change: SeedHostChange;
}

/** As measured when it was written, answers of circuits at the output left out. */
export interface SeedHostChange {
  /** `text`, or `random tokens`. */
  readonly on: string;
  /** Positions that were compared. */
  readonly positions: number;
  /** The largest change of a logit, as a part of the standard deviation of the logits at its position. */
  readonly largest: number;
  readonly lossBefore: number;
  readonly lossAfter: number;
  /** The share of positions at which the likeliest token is the same. */
  readonly agreement: number;
}

/** Codes that were read from the model's own embedding; those of a further graft have a number, `codes-2.safetensors`. */
export const CODES_FILE = 'codes.safetensors';

/** The token code: entry d of token t is 1 − 2·parity(t AND columns[d]); or row t of `codes` in a file beside the map. */
export interface SeedTokenCode {
  readonly bits: number;
  readonly columns: readonly number[];
  readonly file?: string | null;
  /** What that file says; of no file, absent. */
  readonly rows?: (token: number) => ArrayLike<number>;
}

export interface SeedMap {
  readonly raspc: string;
  readonly programs: readonly SeedProgramRecord[];
  readonly target: string;
  readonly dtype: 'f32' | 'f16' | 'bf16';
  /** Tokens over which the circuits hold, BOS counted. */
  readonly context: number;
  readonly causal: boolean;
  /** The token that has to stand first; null where none has to. */
  readonly bos: { readonly id: number } | null;
  /** How the rest was drawn; null where the circuits were written into a model that was there. */
  readonly drawn: { readonly seed: number; readonly range: number } | null;
  readonly tokens: readonly { readonly value: string; readonly id: number | null }[];
  readonly code: SeedTokenCode;
  readonly variables: readonly SeedVariable[];
  readonly heads: readonly SeedHeadRecord[];
  readonly circuits: readonly SeedCircuit[];
  /** Entries of others that start at zero, so that nothing writes over the circuits. */
  readonly cleared: readonly SeedSlice[];
  /** Exported values that are left in the stream; none in maps of before 0.3. */
  readonly features: readonly SeedFeatureRecord[];
  /** For what scales of the stream, layer by layer, weights were written: before attention, and for compiled circuits before neurons; null where unknown. */
  readonly scales?: SeedScales | null;
  /** Where compiled circuits lie beside heads over any token, which `scales` is of then; absent where there is one kind. */
  readonly beside?: SeedBesideRecord | null;
  /** Exports that move logits; none in maps of before 0.3. */
  readonly says?: readonly SeedSayingRecord[];
  /** What was expected of a text that was given; null where none was. */
  readonly text?: SeedText | null;
  /** Where the circuits were grafted onto a model that was there; null where nothing was widened. */
  readonly host?: SeedHostRecord | null;
  /** What stands on the residual stream, for training loops that keep others out of it; none in maps of before 0.3. */
  readonly stream: readonly StreamAxis[];
  readonly files: readonly MapFile[];
}

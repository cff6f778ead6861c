/** What `raspc match --format json` writes, as pages take it: what each head of a checkpoint was found to compute. */
import {
  booleanShape,
  countShape,
  listShape,
  nullableShape,
  numberShape,
  objectShape,
  optionalShape,
  type Shape,
  shapeOf,
  textShape,
} from '../../checkpoint/json/json-shape.ts';

/** A mean and its 95% interval. */
export type Span = readonly (number | null)[];

export interface HeadPlace {
  readonly layer: number;
  readonly head: number;
}

export interface MatchedHead extends HeadPlace {
  readonly verdict: string;
  readonly function: string | null;
  readonly sink: number | null;
  readonly pattern: {
    readonly overlap: number | null;
    readonly sink: number | null;
    readonly random: { readonly overlap: number | null } | null;
    readonly text: { readonly overlap: number | null } | null;
  } | null;
  readonly weights: { readonly copies: number | null; readonly says: string | null };
  /** By how much the loss rises with the head saying the same everywhere, and with the program's pattern. */
  readonly effect: { readonly replaced: Span; readonly ablated: Span; readonly explained: Span } | null;
  readonly p: number | null;
  readonly counterexamples: readonly {
    readonly window: number;
    readonly query: number;
    readonly attended: number;
    readonly selected: readonly number[];
  }[];
}

interface PathEnd extends HeadPlace {
  readonly function: string | null;
}

export interface MatchedPath {
  readonly from: PathEnd;
  readonly to: PathEnd;
  readonly through: string;
  readonly strength: number | null;
  readonly chance: number | null;
  readonly pattern: number | null;
  readonly without: number | null;
}

/** A neuron that tells a class of tokens from the others. */
export interface MatchedNeuron {
  readonly layer: number;
  readonly neuron: number;
  readonly verdict: string;
  readonly function: string;
  readonly pattern: {
    readonly overlap: number | null;
    readonly sign: number;
    readonly hits: number;
    readonly members: number;
    readonly random: number | null;
    readonly text: number | null;
  };
  readonly weights: { readonly overlap: number | null };
  readonly effect: { readonly replaced: Span; readonly ablated: Span; readonly explained: Span } | null;
  readonly p: number | null;
  readonly counterexamples: readonly { readonly token: number; readonly text: string; readonly isMember: boolean }[];
}

export interface MatchFile {
  readonly tests: number;
  readonly functions: readonly string[];
  readonly heads: readonly MatchedHead[];
  readonly paths: readonly MatchedPath[];
  /** None in what earlier versions wrote. */
  readonly neurons: readonly MatchedNeuron[];
}

const measured = nullableShape(numberShape);
const word = nullableShape(textShape);

const span: Shape<Span> = shapeOf({ type: 'array', minItems: 3, maxItems: 3 }, (tree, at, refuse) => {
  const numbers = listShape(measured)(tree, at, refuse);
  return numbers.length === 3 ? numbers : refuse(at, `${numbers.length} numbers`, 'a mean and the ends of its interval');
});

const overlap = nullableShape(objectShape({ overlap: measured }));

const pathEnd = objectShape<PathEnd>({ layer: countShape, head: countShape, function: word });

const effect = nullableShape(objectShape({ replaced: span, ablated: span, explained: span }));

const matchedHead = objectShape<MatchedHead>({
  layer: countShape,
  head: countShape,
  verdict: textShape,
  function: word,
  sink: measured,
  pattern: nullableShape(objectShape({ overlap: measured, sink: measured, random: overlap, text: overlap })),
  weights: objectShape({ copies: measured, says: word }),
  effect,
  p: measured,
  counterexamples: listShape(objectShape({ window: countShape, query: countShape, attended: countShape, selected: listShape(countShape) })),
});

const matchedNeuron = objectShape<MatchedNeuron>({
  layer: countShape,
  neuron: countShape,
  verdict: textShape,
  function: textShape,
  pattern: objectShape({ overlap: measured, sign: numberShape, hits: countShape, members: countShape, random: measured, text: measured }),
  weights: objectShape({ overlap: measured }),
  effect,
  p: measured,
  counterexamples: listShape(objectShape({ token: countShape, text: textShape, isMember: booleanShape })),
});

export const matchShape = objectShape<MatchFile>({
  tests: countShape,
  functions: listShape(textShape),
  heads: listShape(matchedHead),
  paths: listShape(
    objectShape({
      from: pathEnd,
      to: pathEnd,
      through: textShape,
      strength: measured,
      chance: measured,
      pattern: measured,
      without: measured,
    }),
  ),
  neurons: optionalShape(listShape(matchedNeuron), []),
});

/** What `raspc drift --format json` writes, as pages take it: the course of each circuit over the checkpoints of a training. */
import {
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

export interface DriftCircuit {
  readonly name: string;
  readonly verdict: string;
  readonly works: number | null;
  readonly said: number | null;
  /** Null for numbers. */
  readonly accuracy: number | null;
  readonly heads: readonly {
    readonly name: string;
    readonly layer: number;
    readonly head: number;
    readonly attention: number | null;
    readonly sink: number | null;
  }[];
  readonly causes: readonly { readonly part: string; readonly gains: number | null }[];
}

interface DriftLosses {
  readonly targets: number;
  readonly loss: number | null;
  readonly without: number | null;
}

export interface DriftPoint {
  readonly path: string;
  readonly step: number | null;
  readonly circuits: readonly DriftCircuit[];
  readonly heads: readonly {
    readonly name: string;
    readonly layer: number;
    readonly head: number;
    readonly queryKey: number | null;
    readonly valueOutput: number | null;
  }[];
  readonly entries: readonly { readonly part: string; readonly cosine: number | null; readonly size: number | null }[];
  readonly stream: readonly (number | null)[];
  readonly readers: readonly {
    readonly layer: number;
    readonly head: number | 'mlp';
    readonly strength: number | null;
    readonly deviations: number | null;
  }[];
  readonly others: readonly { readonly layer: number; readonly head: number; readonly as: string; readonly attention: number | null }[];
  readonly text: { readonly targets: number; readonly known: DriftLosses; readonly rest: DriftLosses } | null;
}

export interface DriftFile {
  readonly tokens: number;
  readonly circuits: readonly { readonly name: string; readonly course: string }[];
  /** The seeded model first. */
  readonly points: readonly DriftPoint[];
}

/** A number that was measured; what is not finite is null in JSON. */
const measured = nullableShape(numberShape);

const readerHead: Shape<number | 'mlp'> = shapeOf({ type: ['integer', 'string'] }, (tree, at, refuse) =>
  tree === 'mlp' ? tree : countShape(tree, at, refuse),
);

const losses = objectShape<DriftLosses>({ targets: countShape, loss: measured, without: measured });

const circuit = objectShape<DriftCircuit>({
  name: textShape,
  verdict: textShape,
  works: measured,
  said: measured,
  accuracy: measured,
  heads: listShape(objectShape({ name: textShape, layer: countShape, head: countShape, attention: measured, sink: measured })),
  causes: listShape(objectShape({ part: textShape, gains: measured })),
});

const point = objectShape<DriftPoint>({
  path: textShape,
  step: nullableShape(countShape),
  circuits: listShape(circuit),
  heads: listShape(objectShape({ name: textShape, layer: countShape, head: countShape, queryKey: measured, valueOutput: measured })),
  entries: listShape(objectShape({ part: textShape, cosine: measured, size: measured })),
  stream: listShape(measured),
  readers: optionalShape(listShape(objectShape({ layer: countShape, head: readerHead, strength: measured, deviations: measured })), []),
  others: optionalShape(listShape(objectShape({ layer: countShape, head: countShape, as: textShape, attention: measured })), []),
  text: nullableShape(objectShape({ targets: countShape, known: losses, rest: losses })),
});

export const driftShape = objectShape<DriftFile>({
  tokens: countShape,
  circuits: listShape(objectShape({ name: textShape, course: textShape })),
  points: listShape(point),
});

export function stepName({ step, path }: Pick<DriftPoint, 'step' | 'path'>): string {
  return step === null ? path : String(step);
}

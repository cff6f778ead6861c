/** How far off zero the mean of the stream can be as a norm computes it. Readers cancel it with a reference; what they round goes by it. */
import type { Register, Write } from '../../circuit/circuit.ts';
import { isThere, type NormPlace } from '../../placement/energy.ts';
import type { Placement } from '../../placement/placement.ts';
import { stepShape } from '../../placement/step-neurons.ts';
import { storedWrites } from '../../placement/stored-form.ts';
import type { Traits } from '../../targets/target.ts';
import type { ErrorTable } from '../register-errors.ts';
import { ROUNDING } from '../row-rounding.ts';
import { largest } from '../scores/score-error.ts';

/** What storing takes from the balance of all writes together. */
export function unbalancedWrites(placement: Placement, { activation }: Traits): number {
  const { frame, circuit, storage } = placement;
  if (frame.balance === null) return 0;
  const rowError = (writes: readonly Write[], scale: number, store = storage.weight) =>
    Math.abs(storedWrites(placement, writes, scale, store).unbalanced);
  let unbalanced = 0;
  for (const { register, source } of circuit.embeddings) {
    const rows = source === 'bos' ? [-1] : Array.from(register.features[0]?.levels ?? [], (_, value) => value);
    const errors = rows.map((v) =>
      rowError(
        register.features.map((f, feature) => ({ register, feature, weight: (v < 0 ? f.bos : f.levels?.[v]) ?? 0 })),
        1,
        source === 'index' ? storage.weight : storage.embedding,
      ),
    );
    unbalanced += errors.reduce((worst, x) => Math.max(worst, x), 0);
  }
  for (const component of circuit.components) {
    if (component.kind === 'head') for (const { form, write } of component.values) unbalanced += rowError([write], 1) * largest(form);
    else {
      for (const step of component.steps) {
        const { half } = stepShape(step, activation, storage);
        unbalanced += rowError(step.writes, 1 / (2 * half)) * 2 * half;
      }
      unbalanced += rowError(component.base, 1);
    }
  }
  return unbalanced;
}

/** Sums of multiples of this are exact in float32 as long as they are below 2^24 of it. */
const GRID = 2 ** -10;

/**
 * In any order a sum of n numbers costs n - 1 roundings of at most half of all absolute numbers, since it is next to 0; none where all are
 * multiples of one unit. What registers are off by is in the sum twice, once in the balance.
 */
export function meanError(
  { lifetimes, frame, sizes }: Placement,
  errors: ErrorTable,
  unbalanced: number,
  place: NormPlace,
  energy: { readonly high: number },
): number {
  if (frame.balance === null) return 0;
  const registers = [...lifetimes].filter(([, lifetime]) => isThere(lifetime, place)).map(([register]) => register);
  const off = registers.reduce((sum, register) => sum + largestError(register, errors), 0);
  const absolute = frame.anchors.length * frame.amplitude + Math.sqrt(sizes.width * energy.high);
  const isExact = off === 0 && absolute < 2 ** 24 * GRID && registers.every(isOnGrid);
  const summed = isExact ? 0 : (sizes.width / 2) * ROUNDING * absolute;
  return (unbalanced + 2 * off + summed) / sizes.width;
}

function isOnGrid({ features }: Register): boolean {
  const isMultiple = (x: number) => Number.isInteger(x / GRID);
  return features.every(({ levels, bos }) => levels?.every(isMultiple) === true && isMultiple(bos));
}

/** The most that all features of a register are off by together, at any value. */
function largestError(register: Register, errors: ErrorTable): number {
  const own = errors.get(register);
  if (own === undefined) return 0;
  const sumAt = (at: (feature: number) => number) => register.features.reduce((sum, _, feature) => sum + at(feature), 0);
  let worst = 0;
  if (own.varies) {
    const values = register.features[0]?.levels?.length ?? 0;
    for (let v = -1; v < values; v++)
      worst = Math.max(
        worst,
        sumAt((feature) => own.besides(v, feature)),
      );
  }
  return worst + sumAt((feature) => own.anywhere(feature));
}

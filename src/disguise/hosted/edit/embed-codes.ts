/**
 * Embeddings of the tokens and positions that a program knows, with the circuit's codes: what the host embedded of tokens is made equally long, and
 * of all at right angles, so that what the first norms divide by is much the same for all tokens. Positions keep their lengths.
 */
import type { CircuitMap } from '../../../checkpoint/map/circuit-map.ts';
import { numberAt } from '../../../tensor/number-at.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { ModelRole } from '../../../weights/roles.ts';
import type { Weights } from '../../../weights/weights.ts';
import { dot } from '../../turn/draw-numbers.ts';
import type { Places } from '../places.ts';

/** How the circuit's codes stand in the host. */
export interface Coding {
  readonly circuit: Weights;
  readonly map: Pick<CircuitMap, 'bos' | 'vocabulary' | 'context'>;
  readonly places: Pick<Places, 'dims' | 'basis'>;
  /** Rows of the table of positions in front of the first one's. */
  readonly skipped: number;
  /** Whether norms take the mean off. */
  readonly isCentred: boolean;
  /** What a number of 1 in each of the circuit's dimensions is along its direction. */
  readonly scales: Float64Array;
}

/** Beside the longest code, what a row is at least. */
const LEAST = 1.2;

export function withCodes(host: Weights, edit: Coding): Weights {
  const { map, places, skipped, circuit } = edit;
  const { width } = host.sizes;
  const taken: Float64Array[] = [];
  const model: Partial<Record<ModelRole, Tensor>> = { ...host.model };
  const tables = [
    ['tokenEmbedding', [map.bos.id, ...map.vocabulary.map(({ id }) => id)]],
    ['positionEmbedding', Array.from({ length: map.context + 1 }, (_, i) => skipped + i)],
  ] as const;
  for (const [role, rows] of tables) {
    const [table, own] = [host.model[role], circuit.model[role]];
    if (table === undefined || own === undefined) continue;
    const data = table.data.slice();
    const from = circuit.sizes.width;
    const codes = rows.map((row) => codeRow(own.data.slice(row * from, (row + 1) * from), edit, 1));
    const rowAt = (row: number) => data.subarray(row * width, (row + 1) * width);
    const squared = rows.reduce((sum, row) => sum + dot(rowAt(row), rowAt(row)), 0) / rows.length;
    const wanted = Math.max(squared, LEAST * Math.max(...codes.map((code) => dot(code, code))));
    const made = rows.map((row, i) => {
      const into = rowAt(row);
      const mean = edit.isCentred ? into.reduce((sum, x) => sum + x, 0) / width : 0;
      for (let d = 0; d < width; d++) into[d] = numberAt(into, d) - mean;
      setCodes(into, new Float64Array(codes[i]?.length ?? 0), places);
      // tokens come first, so that what a position holds is at right angles to each of them
      for (const known of taken) {
        const share = dot(known, into);
        for (let d = 0; d < width; d++) into[d] = numberAt(into, d) - share * numberAt(known, d);
      }
      const length = Math.sqrt(dot(into, into)) || 1;
      const unit = into.map((x) => x / length);
      const code = codes[i] as Float64Array;
      // what differs from row to row of itself is read with that
      const isCoded = role === 'tokenEmbedding' || dot(code, code) > 0;
      const rest = isCoded ? Math.sqrt(wanted - dot(code, code)) : length;
      for (let d = 0; d < width; d++) into[d] = numberAt(unit, d) * rest;
      addCodes(into, code, places);
      for (let d = 0; d < width; d++) into[d] = numberAt(into, d) + mean;
      return unit;
    });
    if (role === 'tokenEmbedding') taken.push(...orthonormal(made));
    model[role] = { ...table, data };
  }
  return { ...host, model };
}

export function codeRow(own: Float64Array, { places, scales }: Pick<Coding, 'places' | 'scales'>, factor: number): Float64Array {
  return Float64Array.from(places.dims, (dim) => numberAt(own, dim) * numberAt(scales, dim) * factor);
}

/** @param codes one for each direction */
export function addCodes(into: Float64Array, codes: Float64Array, { basis }: Pick<Places, 'basis'>): void {
  for (const [i, direction] of basis.entries())
    for (let d = 0; d < into.length; d++) into[d] = numberAt(into, d) + numberAt(codes, i) * numberAt(direction, d);
}

export function setCodes(into: Float64Array, codes: Float64Array, places: Pick<Places, 'basis'>): void {
  addCodes(
    into,
    Float64Array.from(codes, (x, i) => x - dot(places.basis[i] as Float64Array, into)),
    places,
  );
}

/** A basis of what the vectors span, by Gram and Schmidt, twice; what lies in the span of others is left out. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const own = vector.slice();
    for (let pass = 0; pass < 2; pass++)
      for (const known of basis) {
        const share = dot(known, own);
        for (let i = 0; i < own.length; i++) own[i] = numberAt(own, i) - share * numberAt(known, i);
      }
    const size = Math.sqrt(dot(own, own));
    if (size > 1e-6) basis.push(own.map((x) => x / size));
  }
  return basis;
}

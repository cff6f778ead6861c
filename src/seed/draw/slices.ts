/**
 * The entries of a model that a seed decides: blocks of canonical roles, each the product of a list of indices along every axis.
 */
import type { LayerRole, ModelRole } from '../../weights/roles.ts';

export interface RoleSlice {
  readonly role: ModelRole | LayerRole;
  /** Null for a role that the model has once. */
  readonly layer: number | null;
  /** Indices along each axis of the role, in increasing order. */
  readonly indices: readonly (readonly number[])[];
  /** `programmed`: part of a circuit. `cleared`: of others, kept from writing over a circuit at the start. */
  readonly purpose: 'programmed' | 'cleared';
  /** The circuits that need it. */
  readonly circuits: readonly string[];
  /** The value at these indices of the role; cleared entries are 0. */
  readonly value: (...index: readonly number[]) => number;
}

/** 0, 1, … `length - 1`. */
export function every(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** Runs of consecutive numbers as half-open ranges. */
export function rangesOf(indices: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index) last[1]++;
    else ranges.push([index, index + 1]);
  }
  return ranges;
}

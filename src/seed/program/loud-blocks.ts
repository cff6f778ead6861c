/** Which blocks add to the scale of the stream, wherever they are written: those that hold something at every position, or are loud where they do. */
import type { Block } from './seed-plan.ts';

const LOUD: Readonly<Record<Block['kind'], boolean>> = {
  tokens: true,
  constant: true,
  even: true,
  counter: false,
  balance: true,
  flag: true,
  start: false,
  zero: false,
  positions: true,
  ramp: false,
  moved: true,
  values: false,
  presence: false,
  mean: false,
  difference: true,
  floor: false,
};

export function isLoud(kind: Block['kind']): boolean {
  return LOUD[kind];
}

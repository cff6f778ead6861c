/** Inputs and what their program gives, as the Python scripts of the interop suite read them. */

import { floatNumber, type JsonData, JsonNumber } from '../../src/checkpoint/json/json-text.ts';
import type { CircuitMap } from '../../src/checkpoint/map/circuit-map.ts';
import type { Value } from '../../src/graph/value.ts';
import type { FolderCase } from './folder-cases.ts';

/** Inputs that are cut into tokens too. */
const WITH_TEXT = 40;

function valueData(value: Value): JsonData {
  if (typeof value === 'bigint') return new JsonNumber(String(value));
  return typeof value === 'number' ? floatNumber(value) : value;
}

/** Inputs as check_matrix.py takes them. */
export function casesData({ outputs }: CircuitMap, cases: readonly FolderCase[]): JsonData {
  return {
    inputs: cases.map(({ indices }) => indices),
    texts: cases.slice(0, WITH_TEXT).map(({ text }) => text),
    outputs: Object.fromEntries(outputs.map(({ name }, i) => [name, cases.map(({ expected }) => (expected[i] ?? []).map(valueData))])),
  };
}

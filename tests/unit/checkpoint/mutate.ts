/** Mutations of the files of a model folder: of JSON by its structure and by its text, of weights by their header and their bytes. */
import { damaged } from './hostile.ts';
import { randomNumbers } from './random-model.ts';

type Random = () => number;

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)] as T;
}

/** Values that a writer would not write there: wrong kinds, and numbers at the edges of what counts, memory and floats can hold. */
const NASTY: readonly unknown[] = [
  null,
  true,
  '',
  'x',
  '\u0000',
  '../../etc/passwd',
  '/dev/zero',
  [],
  {},
  [[]],
  -1,
  0,
  1,
  2,
  7,
  0.5,
  -0.5,
  1e-300,
  1e300,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  'float32',
  'gelu',
  'gpt2',
  'bert',
  'llama',
];

/** Goes down from the root by chance, and changes what it comes to. */
function mutateTree(tree: unknown, random: Random): unknown {
  if (typeof tree !== 'object' || tree === null || random() < 0.05) {
    if (typeof tree === 'number' && random() < 0.5) return tree + pick([-1, 1, 2, 1000, 0.5], random);
    return pick(NASTY, random);
  }
  if (Array.isArray(tree)) {
    if (tree.length === 0 || random() < 0.15)
      return [...tree, ...(tree.length > 0 && random() < 0.5 ? [pick(tree, random)] : [pick(NASTY, random)])];
    const at = Math.floor(random() * tree.length);
    if (random() < 0.15) return tree.filter((_, i) => i !== at);
    return tree.map((item, i) => (i === at ? mutateTree(item, random) : item));
  }
  const entries = Object.entries(tree);
  if (entries.length === 0) return pick(NASTY, random);
  const [key] = pick(entries, random);
  if (random() < 0.1) return Object.fromEntries(entries.filter(([name]) => name !== key));
  return Object.fromEntries(entries.map(([name, value]) => [name, name === key ? mutateTree(value, random) : value]));
}

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '0',
  '-1',
  '1e999',
  'null',
  '\\u0000',
  '"a":',
  '[[[[',
  '99999999999999999999',
  '\ufeff',
  '/**/',
];

function mutateText(text: string, random: Random): string {
  let changed = text;
  for (let edits = 1 + Math.floor(random() * 3); edits > 0; edits--) {
    const at = Math.floor(random() * changed.length);
    changed = changed.slice(0, at) + pick(PIECES, random) + changed.slice(at + Math.floor(random() * 3));
  }
  return changed;
}

/** The file number `seed` made from a sound one of this name. */
export function mutated(name: string, bytes: Uint8Array, seed: number): Uint8Array {
  const random = randomNumbers(seed);
  if (name.endsWith('.safetensors')) {
    if (random() < 0.7) return damaged(bytes, seed);
    const changed = Uint8Array.from(bytes);
    for (let flips = 1 + Math.floor(random() * 8); flips > 0; flips--) {
      const at = Math.floor(random() * bytes.length);
      changed[at] = (changed[at] as number) ^ (1 << Math.floor(random() * 8));
    }
    return changed;
  }
  const text = new TextDecoder().decode(bytes);
  if (random() < 0.3) return new TextEncoder().encode(mutateText(text, random));
  let tree: unknown = JSON.parse(text);
  for (let edits = 1 + Math.floor(random() * 2); edits > 0; edits--) tree = mutateTree(tree, random);
  return new TextEncoder().encode(JSON.stringify(tree));
}

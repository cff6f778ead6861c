/** A class of tokens as a detector of neurons: a program whose export is a function of what the current token says, and nothing else. */
import { evaluate } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import { reachable, type SOp } from '../../graph/graph.ts';
import type { Export, Program } from '../../graph/program.ts';
import { type Value, valueKey } from '../../graph/value.ts';

/** An export that says of each token by itself what it is. */
export interface Classing {
  readonly name: string;
  readonly program: Program;
  readonly node: SOp;
}

export interface TokenClass {
  /** As the program calls it; where it has more values than true and false, with the value. */
  readonly name: string;
  readonly program: Program;
  /** By id, 1 where the token is one. */
  readonly holds: Uint8Array;
}

/** With more values than this an export is no classing: each of them would be tried on each neuron. */
const MOST_VALUES = 16;

/** Whether an export depends on what the current token says and on nothing else. */
export function isClassing({ vocabulary }: Program, { node }: Export): boolean {
  const nodes = reachable([node]);
  return (
    vocabulary?.kind === 'tokenizer' &&
    nodes.some(({ kind }) => kind === 'tokens') &&
    nodes.every(({ kind }) => kind === 'tokens' || kind === 'constant' || kind === 'elementwise')
  );
}

/** True tokens of each classing, or those of each of its values; classes that no token is in are left out. */
export function classesOf(classings: readonly Classing[], texts: readonly string[]): TokenClass[] {
  const distinct = [...new Set(texts)];
  const placeOf = new Map(distinct.map((text, place) => [text, place]));
  return classings.flatMap(({ name, program, node }): TokenClass[] => {
    const { values } = evaluate([node], distinct, { causal: true }).get(node) as Sequence;
    const kinds = new Map<string, Value>([...values].map((value) => [valueKey(value), value]));
    if (kinds.size > MOST_VALUES) return [];
    const isYesOrNo = [...kinds.values()].every((value) => typeof value === 'boolean');
    return [...kinds].flatMap(([key, value]) => {
      if (isYesOrNo && value !== true) return [];
      // an id without a text is of no class
      const holds = Uint8Array.from(texts, (text) => (text !== '' && valueKey(values[placeOf.get(text) ?? 0] as Value) === key ? 1 : 0));
      return holds.includes(1) ? [{ name: isYesOrNo ? name : `${name} == ${sourceText(value)}`, program, holds }] : [];
    });
  });
}

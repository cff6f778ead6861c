/** Short programs that mean a great deal of work: what is hard to compile, or to refuse, at contexts and on families that make it worse. */
import { ARITHMETIC } from './arithmetic.ts';
import type { Draw } from './kind.ts';
import { STRUCTURE } from './structure.ts';

export interface NastyProgram {
  readonly name: string;
  readonly target: string;
  readonly text: string;
  readonly options: readonly string[];
  /** Whether it is known to take ten seconds of a processor or more, be it compiled or refused. */
  readonly isLong: boolean;
}

const SEES_BOTH_WAYS = ['bert', 'roberta', 'distilbert'];
const CAUSAL = ['gpt2', 'llama', 'gpt-neox', 'gemma', 'phi3', 'bert', 'opt', 'mistral'];

/** The same numbers in [0, 1) for a seed on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Every kind at every one of its contexts, with the numbers and the families that follow from the seed. */
export function nastyPrograms(seed: number): readonly NastyProgram[] {
  const random = seededRandom(seed);
  const draw: Draw = (from, to) => from + Math.floor(random() * (to - from + 1));
  return [...ARITHMETIC, ...STRUCTURE].flatMap(
    ({ name, contexts, isCausal, vocabulary, body, options = [], longFrom = Number.POSITIVE_INFINITY }) =>
      contexts.map((context): NastyProgram => {
        const families = isCausal ? CAUSAL : SEES_BOTH_WAYS;
        const target = families[draw(0, families.length - 1)] ?? 'bert';
        const text = `@vocab ${vocabulary(context, draw)}; @context ${context}; ${isCausal ? '@causal' : '@bidirectional'};\n${body(draw, context)}\n@export y;\n`;
        return { name: `${name}@${context}`, target, text, options, isLong: context >= longFrom };
      }),
  );
}

/** What `raspc run` says: the exports of a program, or any of its names, on an input. */
import { evaluate, evaluationOptions } from '../graph/evaluate/evaluate.ts';
import { SelectorMatrix } from '../graph/evaluate/selector-matrix.ts';
import type { Mixtures, Sequence } from '../graph/evaluate/sequence.ts';
import type { Value, ValueType } from '../graph/value.ts';
import { loadText, type ProgramOptions } from './load-text.ts';

export interface RunResult {
  readonly name: string;
  /** `selector` where the values are a 0/1 matrix as `rows` of it, `[query][key]`. */
  readonly type: ValueType | 'selector';
  readonly values: readonly Value[];
  readonly rows: readonly (readonly number[])[] | null;
  /** Over `@vocab any`, by position: the shares of several tokens, or of none; the value there is nan. Left out where each is a single one. */
  readonly mixtures?: Mixtures;
}

/**
 * @param input tokens; a string is a token a character
 * Throws a DiagnosticError for a program or an input that has a fault.
 */
export function runText(text: string, input: string | readonly Value[], options: ProgramOptions = {}): RunResult[] {
  const program = loadText(text, options);
  const tokens = typeof input === 'string' ? [...input] : input;
  const exported = program.exports.map(({ name, node }) => [name, node] as const);
  const roots = exported.length > 0 ? exported : [...program.names];
  const found = evaluate(
    roots.map(([, node]) => node),
    tokens,
    evaluationOptions(program),
  );
  return roots.map(([name, node]): RunResult => {
    const value = found.get(node) as Sequence | SelectorMatrix;
    if (!(value instanceof SelectorMatrix)) {
      const { type, values, mixtures } = value;
      return { name, type, values, rows: null, ...(mixtures !== null && mixtures.size > 0 ? { mixtures } : {}) };
    }
    return { name, type: 'selector', values: [], rows: value.toRows() };
  });
}

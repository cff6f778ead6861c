/** For which inputs and outputs a circuit map speaks, beside what the program's own directives ask for. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { Declared } from '../../graph/elaborate/elaborate.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import { vocabularyValue } from '../../graph/vocabulary-value.ts';

export interface Scope {
  /** The longest input in tokens, and how many different tokens there are. */
  readonly context: number;
  readonly vocabulary: number;
  readonly causal: boolean;
  /** Whether only some inputs are the program's. */
  readonly isAssumed: boolean;
  /** What is missing of what the program asks for, a phrase each; empty where nothing is. */
  readonly less: readonly string[];
}

/** What a user asks for on the command line, in place of the program's directives. */
export interface WantedScope {
  readonly vocabulary?: Declared['vocabulary'] | undefined;
  readonly context?: number | undefined;
  readonly exports?: readonly string[] | undefined;
}

export function scopeOf(
  map: Pick<CircuitMap, 'context' | 'vocabulary' | 'causal' | 'outputs'>,
  declared: Declared,
  wanted: WantedScope,
  isAssumed = false,
): Scope {
  const less: string[] = [];
  const context = wanted.context ?? declared.context;
  if (context !== null && map.context < context) less.push(`inputs of up to ${map.context} tokens, not ${context}`);
  const vocabulary = wanted.vocabulary ?? declared.vocabulary;
  if (vocabulary?.kind === 'tokens') {
    const own = map.vocabulary.map(({ value }) => value);
    const [first, ...more] = vocabulary.values.filter((value) => vocabularyValue(own, value) === undefined);
    if (first !== undefined) less.push(`tokens without ${sourceText(first)}${more.length === 0 ? '' : ` and ${more.length} more`}`);
  }
  if (declared.causal !== null && declared.causal !== map.causal) {
    less.push(map.causal ? 'read causally, not `@bidirectional`' : 'read in both directions, not `@causal`');
  }
  const missing = (wanted.exports ?? declared.exports).filter((name) => map.outputs.every((output) => output.name !== name));
  if (missing.length > 0) less.push(`without the output ${missing.map((name) => `\`${name}\``).join(', ')}`);
  return { context: map.context, vocabulary: map.vocabulary.length, causal: map.causal, isAssumed, less };
}

/** `up to 16 tokens over 26, causal`. */
export function scopeText({ context, vocabulary, causal, isAssumed }: Scope): string {
  return `up to ${context} token${context === 1 ? '' : 's'} over ${vocabulary}${causal ? ', causal' : ''}${isAssumed ? ', of those that the program assumes' : ''}`;
}

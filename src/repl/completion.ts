/** What the word before the cursor could become: a name, a directive, a command, or a file that `load` finds. */
import { COMMANDS } from './commands.ts';

const DIRECTIVES = ['@vocab', '@context', '@causal', '@bidirectional', '@export', '@example', '@assume', '@step', '@halt'] as const;

const FORMS = ['select(', 'aggregate(', 'range(', 'zip(', 'len(', 'round(', 'indicator(', 'load "', 'set example '] as const;

/** What there is to choose from. */
export interface Choices {
  readonly names: () => Iterable<string>;
  /** What `load` finds, as it is written there. */
  readonly loadable: (typed: string) => readonly string[];
  readonly targets: readonly string[];
}

export interface Completions {
  readonly words: readonly string[];
  /** The end of the line that they stand instead of. */
  readonly prefix: string;
}

/** @param line the line up to the cursor */
export function completionsOf(line: string, { names, loadable, targets }: Choices): Completions {
  const path = /(?:^|[;{}\s])load\s+"([^"]*)$/.exec(line)?.[1];
  if (path !== undefined) return among(loadable(path), path);
  if ((line.split('"').length - 1) % 2 === 1) return { words: [], prefix: '' };
  const target = /^\s*:target\s+(\S*)$/.exec(line)?.[1];
  if (target !== undefined) return among(targets, target);
  const command = /^\s*(:\w*)$/.exec(line)?.[1];
  if (command !== undefined) return among(COMMANDS, command);
  const directive = /@\w*$/.exec(line)?.[0];
  if (directive !== undefined) return among(DIRECTIVES, directive);
  const word = /[a-zA-Z_]\w*$/.exec(line)?.[0];
  return word === undefined ? { words: [], prefix: '' } : among([...names(), ...FORMS], word);
}

function among(words: readonly string[], prefix: string): Completions {
  return { words: [...new Set(words)].filter((word) => word.startsWith(prefix)).sort(), prefix };
}

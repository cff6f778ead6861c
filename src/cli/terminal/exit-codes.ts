/** What a command's exit code says, and which one a diagnostic leads to. */

export const EXIT = {
  done: 0,
  /** The program, its verification or its seeding failed, and the diagnostics say why. */
  failed: 1,
  /** The command line was wrong. */
  usage: 2,
  /** A file or a stream could not be read or written, or is not what it claims to be. */
  inputOutput: 3,
  /** A fault of raspc itself. */
  internal: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** By the code's first digits: the longest prefix that fits. */
const BY_PREFIX: readonly (readonly [prefix: string, exit: ExitCode])[] = [
  ['R75', EXIT.failed],
  ['R76', EXIT.failed],
  ['R77', EXIT.failed],
  ['R7', EXIT.inputOutput],
  ['R82', EXIT.failed],
  ['R85', EXIT.inputOutput],
  ['R8', EXIT.usage],
  ['R9', EXIT.internal],
];

/** The exit code of a command that ends with these errors: the first one decides. */
export function exitCodeOf(diagnostics: readonly { readonly code: string; readonly severity: string }[]): ExitCode {
  const first = diagnostics.find((d) => d.severity === 'error');
  if (first === undefined) return EXIT.done;
  return BY_PREFIX.find(([prefix]) => first.code.startsWith(prefix))?.[1] ?? EXIT.failed;
}

/** W2, names: what is never read, what hides something, what nobody can compile. */
import { entry } from '../../catalog-entry.ts';

const program = (source: string) => ({ kind: 'program', source, stage: 'check' }) as const;

export const UNUSED = {
  W2001: entry<{ name: string; kind: string; isLocal: boolean }>({
    severity: 'warning',
    message: ({ name, kind }) => `the ${kind} \`${name}\` is never used`,
    help: ({ name, isLocal }) => (isLocal ? `leave it out, or call it \`_${name}\`` : 'leave it out, use it, or export it'),
    explanation:
      'A name that nothing reads is often a misspelling of one that something should. At the top level of a file that exports something, a name is used if an expression, an `@export`, an `@example` or `@step` speaks of it; in a file that exports nothing, only names that begin with `_` are looked at, since others can be loaded. Inside a function a name that begins with `_` may stay unused.',
    bad: program('counts = selector_width(select(tokens, tokens, ==));\nhist = selector_width(select(tokens, tokens, ==));\n@export hist;'),
    good: program('hist = selector_width(select(tokens, tokens, ==));\n@export hist;'),
  }),
  W2002: entry<{ name: string; of: string }>({
    severity: 'warning',
    message: ({ name, of }) => `the parameter \`${name}\` of \`${of}\` is never used`,
    help: ({ name }) => `leave it out, or call it \`_${name}\``,
    explanation:
      'What is given for this parameter makes no difference. Where functions have to take the same parameters, one that begins with `_` says that it is left unused on purpose.',
    bad: program('def twice(seq, n) {\n  return seq * 2;\n}\nx = twice(indices, 3);\n@export x;'),
    good: program('def twice(seq) {\n  return seq * 2;\n}\nx = twice(indices);\n@export x;'),
  }),
  W2003: entry<{ name: string; of: string; other: string }>({
    severity: 'warning',
    message: ({ name, of }) => `\`${name}\` hides the library's \`${name}\` inside of \`${of}\``,
    help: ({ other }) => `another name, such as \`${other}\`, keeps both in reach`,
    explanation:
      'Inside a function a parameter or a name may be that of a library function, as in the reference; the library function cannot be called there then, and who reads on has to know which of them is meant.',
    bad: program('def scaled(seq, length) {\n  return seq * length;\n}\nx = scaled(indices, 3);\n@export x;'),
    good: program('def scaled(seq, factor) {\n  return seq * factor;\n}\nx = scaled(indices, 3);\n@export x;'),
  }),
  W2004: entry<{ last: string | null }>({
    severity: 'warning',
    message: () => 'this program exports nothing',
    help: ({ last }) => `say with \`@export ${last ?? 'NAME'};\` what is to be compiled`,
    explanation:
      'A file that says what its inputs are, or that defines s-ops and no function, is a program, and `compile`, `run` and `verify` ask what of it is meant: `@export NAME;` says so. A file of functions is there to be loaded, and needs none.',
    bad: program('@vocab "ab";\n@context 8;\nhist = selector_width(select(tokens, tokens, ==));'),
    good: program('@vocab "ab";\n@context 8;\nhist = selector_width(select(tokens, tokens, ==));\n@export hist;'),
  }),
  W2005: entry<{ code: string; isKnown: boolean }>({
    severity: 'warning',
    message: ({ code, isKnown }) => (isKnown ? `\`${code}\` is allowed here, and nothing gives it` : `there is no warning \`${code}\``),
    help: () => 'leave the comment out',
    explanation:
      '`# raspc: allow CODE` behind a line speaks of that line, and on a line of its own of the statement that follows. Where nothing there gives the warning any more, the comment only hides what may come.',
    bad: program('x = indices + 1; # raspc: allow W1001\n@export x;'),
    good: program('x = indices + 1;\n@export x;'),
  }),
} as const;

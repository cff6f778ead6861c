/** R4, domains: what the compiler has to know about the values of a program, and cannot find out. */
import { entry } from '../catalog-entry.ts';

export const DOMAINS = {
  R4001: entry<object>({
    message: () => 'the vocabulary of this program is not known',
    help: () => 'add `@vocab "abc";` to the file, or give `--vocab`',
    explanation: 'To compile a program, the compiler has to know which tokens an input may consist of.',
    bad: { kind: 'program', source: '@context 8;\n@causal;\nx = tokens;\n@export x;', stage: 'compile' },
    good: { kind: 'program', source: '@vocab "abc";\n@context 8;\n@causal;\nx = tokens;\n@export x;', stage: 'compile' },
  }),
} as const;

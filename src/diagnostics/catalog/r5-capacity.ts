/** R5, capacity: what does not fit into the model that was asked for. */
import { entry } from '../catalog-entry.ts';

export const CAPACITY = {
  R5001: entry<object>({
    message: () => 'the longest input of this program is not known',
    help: () => 'add `@context 32;` to the file, or give `--context`',
    explanation: 'To compile a program, the compiler has to know how many tokens the longest input has.',
    bad: { kind: 'program', source: '@vocab "abc";\n@causal;\nx = tokens;\n@export x;', stage: 'compile' },
    good: { kind: 'program', source: '@vocab "abc";\n@context 8;\n@causal;\nx = tokens;\n@export x;', stage: 'compile' },
  }),
} as const;

/** R9, faults of raspc itself (exit code 70): what it says when an invariant of its own does not hold. */
import { entry } from '../../catalog-entry.ts';

export const INTERNAL = {
  R9001: entry<{ fault: string }>({
    message: ({ fault }) => `raspc failed: ${fault}`,
    help: () =>
      'this is a fault of raspc, not of your program; set RASPC_TRACE=1 to see where it happened, and please report it with the input',
    explanation:
      'An assumption that raspc makes about its own data did not hold. Nothing was written. The program may be perfectly right: please report it, with the file and the command line.',
    bad: { kind: 'text', text: 'none: no input should lead here' },
    good: { kind: 'text', text: 'every input' },
  }),
  R9002: entry<{ path: string; input: string; proof: string; engine: string; version: string }>({
    message: ({ path, input, proof, engine }) =>
      `raspc contradicts itself: its checker proves \`${path}\` right on every input (${proof}), and run by ${engine} it is wrong on ${input}`,
    help: ({ path, version }) =>
      `this is a fault of raspc, in the checker or in what runs the model: please send the folder \`${path}\` (written by raspc ${version}), this command line and its whole output, and do not rely on the proof`,
    explanation:
      'The checker and the runtime share nothing, so that each is a test of the other. A model that is proven right on every input of its scope, and wrong on one of them when it is run, shows that one of the two is wrong.',
    bad: { kind: 'text', text: 'none: no folder should lead here' },
    good: { kind: 'text', text: 'every folder' },
  }),
} as const;

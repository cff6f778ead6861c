/** R9, faults of raspc itself (exit code 70): what it says when an invariant of its own does not hold. */
import { entry } from '../catalog-entry.ts';

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
} as const;

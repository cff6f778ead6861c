/** R7602 to R7611: what is locked, whether it still is what its source compiles to, and what became of its circuits. */
import { entry } from '../../catalog-entry.ts';

const SOME = (items: readonly string[]): string =>
  `${items
    .slice(0, 3)
    .map((item) => `\`${item}\``)
    .join(', ')}${items.length > 3 ? ` and ${items.length - 3} more` : ''}`;

export const VERIFICATION = {
  R7602: entry<{ path: string; lock: string; known: readonly string[] }>({
    message: ({ path, lock }) => `\`${path}\` is not in \`${lock}\``,
    help: ({ path, known }) =>
      known.length === 0 ? `add it with \`raspc lock ${path}\`` : `locked are ${SOME(known)}; add it with \`raspc lock ${path}\``,
    explanation:
      'The lock file lists checkpoints with the hashes of their sources, options and files. `verify --locked` holds a checkpoint against its entry, so it needs one.',
    bad: { kind: 'text', text: '$ raspc verify out/hist --locked    (nothing was locked)' },
    good: { kind: 'text', text: '$ raspc lock out/hist\n    $ raspc verify out/hist --locked' },
  }),
  R7603: entry<{ path: string; lock: string; changed: readonly string[] }>({
    message: ({ path, lock, changed }) => `\`${path}\` is not what \`${lock}\` says: ${SOME(changed)} changed`,
    help: ({ path }) => `if that is meant, compile it again and run \`raspc lock ${path}\``,
    explanation:
      'A lock file holds the hashes of the sources of a checkpoint, of the options it was compiled with, and of its files. `verify --locked` compares them with what is there, and compiles the sources again. What differs is named: a source that was edited, a file of the folder, or what this version of raspc makes of an unchanged source.',
    bad: { kind: 'text', text: '$ raspc verify out/hist --locked    (after a weight was changed, or the program)' },
    good: { kind: 'text', text: '$ raspc verify out/hist --locked    (as it was locked)' },
  }),
  R7604: entry<{ path: string; program: string; changed: readonly string[] }>({
    message: ({ path, program, changed }) => `\`${path}\` is not what \`${program}\` compiles to: ${SOME(changed)} differ`,
    help: () =>
      'compile it again, or give the options that it was compiled with, as `--options "--max-shard-size 5GB"`: those of the circuit map are known',
    explanation:
      'Only a checkpoint that its source compiles to can be locked, bit for bit. A checkpoint that was trained further, or compiled by another version of raspc or with other options, is another one.',
    bad: { kind: 'text', text: '$ raspc lock out/hist    (after the program was changed)' },
    good: { kind: 'text', text: '$ raspc compile programs/hist.rasp -o out/hist --force\n    $ raspc lock out/hist' },
  }),
  R7605: entry<{ path: string; why: string }>({
    message: ({ path, why }) => `\`${path}\` is not a lock file: ${why}`,
    help: () => '`raspc lock DIR` writes one',
    explanation: '`raspc lock` writes the lock file, and `verify --locked` reads it. It is JSON, to be kept with the sources.',
    bad: { kind: 'text', text: 'a raspc.lock with the marks of a merge conflict' },
    good: { kind: 'text', text: '$ raspc lock out/hist' },
  }),

  R7606: entry<{ path: string; refuted: number; circuits: number }>({
    message: ({ path, refuted, circuits }) => `\`${path}\` no longer holds ${refuted} of ${circuits} circuits of its map`,
    help: () => 'freeze what has to live (`freeze.safetensors`), or train for less long',
    explanation:
      'The weights are not those that the circuit map was written for: the checkpoint was trained further, or changed. Each variable of the map was decoded from the residual stream on many inputs, and compared with what the program says. Those that are refuted hold something else on the input shown; the model may have learned to do without them.',
    bad: { kind: 'text', text: '$ raspc verify trained --map out/hist/raspc.json    (after training that drove the circuit away)' },
    good: { kind: 'text', text: '$ raspc verify trained --map out/hist/raspc.json    (after training with the circuit frozen)' },
  }),
  R7607: entry<{ path: string; what: string }>({
    message: ({ path, what }) => `the certificate of \`${path}\` does not hold for its weights: ${what}`,
    help: () => 'compile it again, or give `--map` if it was trained further on purpose',
    explanation:
      'The weights are not those that were compiled, and a checker that shares nothing with the compiler went through them: for every value that the program can have it bounds what each head, neuron and logit computes from the stored bytes. Somewhere the bound is larger than what keeps values apart. The inputs that were tried may all have been right; others need not be.',
    bad: { kind: 'text', text: '$ raspc verify out/hist    (after a weight was changed)' },
    good: { kind: 'text', text: '$ raspc verify out/hist    (as it was compiled)' },
  }),
  R7608: entry<{ engine: string; difference: number; largest: number }>({
    message: ({ engine, difference, largest }) =>
      `\`${engine}\` gives other logits than raspc's runtime: they differ by ${difference.toPrecision(2)} where the largest is ${largest.toPrecision(2)}`,
    help: () => 'give `--engine raspc`, and report this: one of the two is wrong',
    explanation:
      'Large models whose weights are mostly not zero are run by onnxruntime-node where it is installed, since that is faster. Its answers to the first inputs are compared with those of the own runtime, from which they may differ by rounding and by nothing else.',
    bad: {
      kind: 'text',
      text: '$ raspc verify trained --map out/hist/raspc.json    (with an onnxruntime-node that computes in half precision)',
    },
    good: { kind: 'text', text: '$ raspc verify trained --map out/hist/raspc.json --engine raspc' },
  }),
  R7609: entry<{ engine: string; why: string }>({
    message: ({ engine, why }) => `\`${engine}\` cannot run this model: ${why}`,
    help: ({ engine }) => `install it with \`npm install --ignore-scripts ${engine}\`, or leave \`--engine\` out`,
    explanation:
      '`onnxruntime-node` runs large dense models faster than raspc does. It is no part of raspc, since it is large: install it beside raspc, or in the folder where you call it. Its install script, which fetches libraries for graphics cards, is not needed. It runs models that were compiled for float32.',
    bad: { kind: 'text', text: '$ raspc verify out/hist --engine onnxruntime    (where it is not installed)' },
    good: { kind: 'text', text: '$ npm install --ignore-scripts onnxruntime-node\n    $ raspc verify out/hist --engine onnxruntime' },
  }),
  R7610: entry<{ path: string; why: string }>({
    message: ({ path, why }) => `\`${path}\` is not proven for every input: ${why}`,
    help: () =>
      'leave `--require-proof` out to have it tried alone; `--context`, `--vocab` and `--export` say what is asked for where that is less than the directives',
    explanation:
      "With `--require-proof` a verification passes only where the checker re-established, from the stored weights, config.json and the source, that the model is right on every input that the program's directives ask for. Inputs that were tried prove nothing of others, and the certificate in raspc.json is a claim of whoever wrote it.",
    bad: {
      kind: 'text',
      text: '$ raspc verify out/hist --require-proof    (compiled with --context 8, where the program has @context 16)',
    },
    good: { kind: 'text', text: '$ raspc verify out/hist --require-proof --context 8' },
  }),
  R7611: entry<{ path: string; claimed: number; found: number }>({
    message: ({ path, claimed, found }) =>
      `a number of \`${path}\` is off by ${found.toPrecision(3)}, and its certificate claims ${claimed.toPrecision(3)} at most`,
    help: () => 'compile it again: the certificate in raspc.json was not written for these weights, or raspc is wrong about them',
    explanation:
      'The certificate in raspc.json is a claim of whoever wrote it. An input that was tried has a larger error than it allows, so that it is refuted, although the number may be right by the contract (a thousandth of the larger of 1 and its magnitude).',
    bad: { kind: 'text', text: '$ raspc verify out/fraction    (after the `errorBound` in raspc.json was made smaller)' },
    good: { kind: 'text', text: '$ raspc verify out/fraction    (as it was compiled)' },
  }),
  R7650: entry<{ name: string }>({
    message: ({ name }) => `the model says something of \`${name}\` that is no token, and does not end a run`,
    help: () => '`raspc verify DIR --generate` compares whole runs with the program',
    explanation:
      'A model that is run on its own output has to say a token at each step, or the value that ends the run. It said another of its answers, so it does not compute its program, or the program itself has such a step.',
    bad: { kind: 'text', text: 'raspc generate DIR --input abc, where the weights were changed after compiling' },
    good: { kind: 'command', line: 'raspc run programs/generate/binary_counter.rasp --input 0110 --generate' },
  }),
  R7651: entry<{ name: string; failed: number; runs: number; input: string; expected: string; actual: string }>({
    message: ({ name, failed, runs, input, expected, actual }) =>
      `${failed} of ${runs} runs of \`${name}\` are not the program's: after ${input} it appends ${actual}, and the program ${expected}`,
    help: () => '`raspc verify DIR` without `--generate` finds the first step that is wrong, and where in the model it goes wrong',
    explanation:
      'A run appends what the model says at the last position, again and again. Each step is an input of its own, so a run that differs shows an input on which the model is wrong.',
    bad: { kind: 'text', text: 'raspc verify DIR --generate, where the weights were changed after compiling' },
    good: { kind: 'text', text: 'raspc verify DIR --generate, of a folder as `raspc compile` wrote it' },
  }),
} as const;

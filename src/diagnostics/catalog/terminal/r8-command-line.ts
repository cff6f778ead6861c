/**
 * R8, the command line. R80xx: how the command was typed (exit code 2). R82xx: the input given to a program (exit code 1).
 * R85xx: files and streams (exit code 3).
 */
import { entry } from '../../catalog-entry.ts';

/** What the operating system said, in words and with its code, such as `no such file or directory (ENOENT)`. */
export interface SystemFault {
  readonly path: string;
  readonly reason: string;
}

export const COMMAND_LINE = {
  R8001: entry<{ command: string; suggestion: string | null }>({
    message: ({ command }) => `there is no command \`${command}\``,
    help: ({ suggestion }) =>
      suggestion === null ? 'run `raspc --help` for the list of commands' : `did you mean \`raspc ${suggestion}\`?`,
    explanation: 'The first word after `raspc` names what to do. `raspc --help` lists every command with one line about each.',
    bad: { kind: 'command', line: 'raspc complie programs/hist.rasp' },
    good: { kind: 'command', line: 'raspc compile programs/hist.rasp --target gpt2 -o out/hist' },
  }),
  R8002: entry<{ option: string; command: string; suggestion: string | null }>({
    message: ({ option, command }) => `\`${command}\` has no option \`${option}\``,
    help: ({ suggestion, command }) =>
      suggestion === null
        ? `run \`${command} --help\` for its options; a value that starts with \`-\` is written \`--option=VALUE\``
        : `did you mean \`${suggestion}\`?`,
    explanation: 'Each command has its own options, and an option that a command does not have is never ignored.',
    bad: { kind: 'command', line: 'raspc run programs/length.rasp --inputs abc' },
    good: { kind: 'command', line: 'raspc run programs/length.rasp --input abc' },
  }),
  R8003: entry<{ what: string; command: string }>({
    message: ({ what, command }) => `\`${command}\` needs ${what}`,
    help: ({ command }) => `run \`${command} --help\` for an example`,
    explanation: 'A command was given without something that it cannot do without: a file, a folder, or the value of an option.',
    bad: { kind: 'command', line: 'raspc run' },
    good: { kind: 'command', line: 'raspc run programs/length.rasp --input abc' },
  }),
  R8004: entry<{ option: string; value: string; expected: string }>({
    message: ({ option, value, expected }) => `\`${option}\` expects ${expected}, but got \`${value}\``,
    explanation: 'The value of an option has to be of the kind that the option expects; nothing is rounded, cut or guessed.',
    bad: { kind: 'command', line: 'raspc verify out/hist --samples many' },
    good: { kind: 'command', line: 'raspc verify out/hist --samples 1000' },
  }),
  R8005: entry<{ first: string; second: string; why: string }>({
    message: ({ first, second }) => `\`${first}\` and \`${second}\` cannot be given together`,
    help: ({ why }) => why,
    explanation: 'Two options that contradict each other were given; raspc does not choose between them.',
    bad: { kind: 'command', line: 'raspc verify out/hist --exhaustive --samples 1000' },
    good: { kind: 'command', line: 'raspc verify out/hist --samples 1000' },
  }),
  R8006: entry<{ command: string; excess: string }>({
    message: ({ command, excess }) => `\`${command}\` does not know what to do with \`${excess}\``,
    help: ({ command }) => `run \`${command} --help\` for what it takes`,
    explanation: 'More was given than the command takes. A value with spaces has to be quoted for the shell.',
    bad: { kind: 'command', line: 'raspc explain R3004 R3005' },
    good: { kind: 'command', line: 'raspc explain R3004' },
  }),
  R8007: entry<{ code: string; suggestion: string | null }>({
    message: ({ code }) => `there is no diagnostic \`${code}\``,
    help: ({ suggestion }) =>
      suggestion === null
        ? 'codes are `R` and four digits, as in `error[R2001]`; `raspc explain` alone lists them'
        : `did you mean \`${suggestion}\`?`,
    explanation: 'Every error and warning of raspc has a code, and `raspc explain` tells more about each.',
    bad: { kind: 'command', line: 'raspc explain R9999' },
    good: { kind: 'command', line: 'raspc explain R2001' },
  }),
  R8008: entry<{ name: string; file: string; known: readonly string[]; suggestion: string | null }>({
    message: ({ name, file }) => `\`${file}\` exports no \`${name}\``,
    help: ({ known, suggestion }) =>
      suggestion !== null
        ? `did you mean \`${suggestion}\`?`
        : known.length > 0
          ? `it exports ${known.map((n) => `\`${n}\``).join(', ')}`
          : 'mark what to export with `@export NAME;`, or evaluate an expression with `--expr`',
    explanation: '`--export NAME` chooses an s-op or a selector that the file defines at its top level.',
    bad: { kind: 'command', line: 'raspc run programs/hist.rasp --export histt --input abc' },
    good: { kind: 'command', line: 'raspc run programs/hist.rasp --export hist --input abc' },
  }),
  R8009: entry<{ file: string }>({
    message: ({ file }) => `\`${file}\` says neither what to run nor what to export`,
    help: () => 'add `@export NAME;` to the file, or give `--export NAME` or `--expr EXPRESSION`',
    explanation:
      'A file of definitions has no single result. The directive `@export NAME;` marks those that matter, and the options choose one.',
    bad: { kind: 'text', text: 'twice = indices * 2;' },
    good: { kind: 'text', text: 'twice = indices * 2;\n@export twice;' },
  }),
  R8010: entry<{ count: number; limit: number }>({
    message: ({ count, limit }) =>
      `there are ${Number.isFinite(count) ? count.toPrecision(3) : 'more than 1e308'} inputs, and \`--exhaustive\` tries at most ${limit.toExponential()}`,
    help: () => 'try a sample with `--samples N`',
    explanation:
      'The number of inputs is V + V² + … + Vⁿ for a vocabulary of V tokens and a context of n. Beyond a certain number no machine gets through them, and a sample with adversarial cases tells as much.',
    bad: { kind: 'command', line: 'raspc verify out/hist --exhaustive' },
    good: { kind: 'command', line: 'raspc verify out/hist --samples 1000' },
  }),
  R8011: entry<{ file: string }>({
    message: ({ file }) => `${file === '' ? 'this program' : `\`${file}\``} does not say what is appended`,
    help: () => 'name the s-op with `@step NAME;` in the file, and the value that ends a run with `@halt VALUE;`',
    explanation:
      'A program with `@step NAME;` can be run on its own output: what NAME is at the last position is appended to the input, again and again, until it is the value of `@halt` or the context is full.',
    bad: { kind: 'command', line: 'raspc run programs/hist.rasp --input hello --generate' },
    good: { kind: 'command', line: 'raspc run programs/generate/binary_counter.rasp --input 10011 --generate' },
  }),
  R8012: entry<{ name: string; file: string; known: readonly string[]; suggestion: string | null }>({
    message: ({ name, file }) => `there is no \`${name}\` in \`${file}\` that could be drawn`,
    help: ({ known, suggestion }) =>
      suggestion !== null
        ? `did you mean \`${suggestion}\`?`
        : `it has ${known
            .slice(0, 20)
            .map((each) => `\`${each}\``)
            .join(', ')}${known.length > 20 ? ` and ${known.length - 20} more` : ''}`,
    explanation:
      '`--only NAME` draws what one s-op or selector is made of: of a program any that it names at its top level, of a model any output or variable of its circuit map.',
    bad: { kind: 'command', line: 'raspc draw programs/hist.rasp --input abc --only histt' },
    good: { kind: 'command', line: 'raspc draw programs/hist.rasp --input abc --only hist' },
  }),
  R8201: entry<{ piece: string; input: string; vocabulary: string; position: number | null }>({
    message: ({ piece, position }) => `\`${piece}\`${position === null ? '' : ` at position ${position}`} is not in the vocabulary`,
    help: ({ vocabulary }) => `the vocabulary is ${vocabulary}`,
    explanation:
      'A program with `@vocab` is defined for inputs over its vocabulary only, and a compiled model has no embedding for anything else. A string is cut into tokens of the ' +
      'vocabulary, always the longest that fits; a JSON list gives the tokens one by one.',
    bad: { kind: 'command', line: 'raspc run programs/hist.rasp --input aXb' },
    good: { kind: 'command', line: 'raspc run programs/hist.rasp --input axb' },
  }),
  R8202: entry<{ length: number; context: number }>({
    message: ({ length, context }) => `the input has ${length} tokens, but the context is ${context}`,
    help: ({ length }) => `shorten the input, or compile with \`--context ${length}\` or more`,
    explanation:
      'A program is compiled for inputs up to its context length (`@context` or `--context`); the model has no positions beyond it.',
    bad: { kind: 'command', line: 'raspc eval out/hist --input abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz' },
    good: { kind: 'command', line: 'raspc eval out/hist --input abc' },
  }),
  R8203: entry<{ input: string; element: string }>({
    message: ({ element }) => `\`${element}\` in the input is not a string, a number, \`true\` or \`false\``,
    explanation:
      'An input is a JSON list of tokens, each a string, a number, `true` or `false`, or else a string that is cut into tokens. Lists inside the list, objects and `null` are no tokens.',
    bad: { kind: 'command', line: "raspc run programs/length.rasp --input '[[1, 2], 3]'" },
    good: { kind: 'command', line: 'raspc run programs/length.rasp --input \'["a", "b"]\'' },
  }),
  R8205: entry<{ source: string }>({
    message: ({ source }) => `\`${source}\` is a text, and the tokens of this program are those of a tokenizer`,
    help: () => [
      'give the tokenizer, which cuts it: `--tokenizer tokenizer.json`',
      'or the tokens as a JSON list: `--input \'["The", " cat"]\'`',
    ],
    explanation:
      'Under `@vocab tokenizer` a token is what a tokenizer makes of a text: words, parts of words, with the space before them. Which tokens a text is only that tokenizer knows, so an input is a JSON list of tokens where `--tokenizer` does not name it.',
    bad: {
      kind: 'program',
      source: '@vocab tokenizer;\nx = starts_with(tokens, " ");\n@export x;',
      stage: 'run',
      arguments: ['--input', 'The cat'],
    },
    good: {
      kind: 'program',
      source: '@vocab tokenizer;\nx = starts_with(tokens, " ");\n@export x;',
      stage: 'run',
      arguments: ['--input', '["The", " cat"]'],
    },
  }),
  R8206: entry<{ input: string; why: string }>({
    message: ({ input, why }) => `\`${input}\` is no window of this model: ${why}`,
    help: () => ['give token ids: `--input "5 9 12 5 9"`', 'or a text, with the tokenizer that cuts it: `--tokenizer tokenizer.json`'],
    explanation:
      'The circuits of a seeded model work on the tokens of the model that they were put into, so an input is a list of its token ids, or the tokens that the programs name, or a text, which takes a tokenizer.json, named or beside the weights.',
    bad: { kind: 'text', text: '$ raspc show out/seeded --input "the cat" -o page.html    (without a tokenizer.json)' },
    good: { kind: 'text', text: '$ raspc show out/seeded --input "5 9 12 5 9" -o page.html' },
  }),
  R8204: entry<{ source: string }>({
    message: () => 'the input is empty',
    help: () => 'an input has at least one token',
    explanation:
      'A RASP program maps a sequence of one or more tokens to a sequence of the same length; there is nothing to compute on none.',
    bad: { kind: 'command', line: "raspc run programs/length.rasp --input ''" },
    good: { kind: 'command', line: 'raspc run programs/length.rasp --input a' },
  }),
  R8501: entry<SystemFault>({
    message: ({ path, reason }) => `cannot read \`${path}\`: ${reason}`,
    explanation: 'The file or folder could not be read. The reason is the operating system’s own.',
    bad: { kind: 'command', line: 'raspc check missing.rasp' },
    good: { kind: 'command', line: 'raspc check programs/hist.rasp' },
  }),
  R8502: entry<{ path: string; offset: number }>({
    message: ({ path, offset }) => `\`${path}\` is not UTF-8 text (byte ${offset})`,
    help: () => 'save the file as UTF-8',
    explanation:
      'RASP files are UTF-8 text. A byte sequence that is not UTF-8 usually means another encoding, or a file that is not text at all.',
    bad: { kind: 'text', text: 'a file saved as UTF-16 or Latin-1' },
    good: { kind: 'text', text: 'the same file saved as UTF-8' },
  }),
  R8503: entry<SystemFault>({
    message: ({ path, reason }) => `cannot write \`${path}\`: ${reason}`,
    help: () => 'nothing was changed',
    explanation:
      'The output could not be written: no space, no permission, or a path that leads nowhere. Files are written beside the target and put in place by one rename, so a failure leaves what was there before.',
    bad: { kind: 'command', line: 'raspc compile programs/hist.rasp -o /proc/hist' },
    good: { kind: 'command', line: 'raspc compile programs/hist.rasp -o out/hist' },
  }),
  R8504: entry<{ path: string }>({
    message: ({ path }) => `\`${path}\` exists already`,
    help: () => 'choose another path with `-o`, or replace it with `--force`',
    explanation:
      'raspc overwrites nothing unless told to: `--force` replaces the whole folder, in one step, after the new one is complete.',
    bad: { kind: 'command', line: 'raspc compile programs/hist.rasp -o out/hist' },
    good: { kind: 'command', line: 'raspc compile programs/hist.rasp -o out/hist --force' },
  }),
  R8505: entry<{ path: string; bytes: number; limit: number }>({
    message: ({ path, bytes, limit }) => `\`${path}\` has ${bytes} bytes, more than the ${limit} that a program may have`,
    explanation: 'A RASP program is a small text. A file this large is most likely not a program.',
    bad: { kind: 'text', text: '$ raspc check model.safetensors' },
    good: { kind: 'text', text: '$ raspc check programs/hist.rasp' },
  }),
  R8506: entry<{ path: string; what: string; remedy: string }>({
    message: ({ path, what }) => `\`${path}\` is ${what}, and no program`,
    help: ({ remedy }) => remedy,
    explanation:
      'The file begins as a Git LFS pointer does, or a web page: something that a version control or a download left in the place of the file that was meant.',
    bad: { kind: 'text', text: 'a file that begins with: version https://git-lfs.github.com/spec/v1' },
    good: { kind: 'command', line: 'raspc check programs/hist.rasp' },
  }),
} as const;

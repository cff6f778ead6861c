/** programs/std/README.md: every function of the library with its meaning and what the compiler makes of it. */
import type { CompiledModel } from '../../src/compiler/compile.ts';
import type { DocumentedExample, DocumentedFunction } from '../../src/syntax/documented-functions.ts';
import { STD_CONTEXT, type StdFile } from './std-library.ts';

/** Compiles what an example applies to its input: for GPT-2 in a causal program, else for BERT. */
export type CompileSubject = (file: StdFile, subject: string, causal: boolean) => CompiledModel;

/** The example a function's cost is given for: the first that means something in a causal program, if any does. */
export function measuredExample({ examples }: DocumentedFunction): DocumentedExample {
  return examples.find(isCausal) ?? (examples[0] as DocumentedExample);
}

export function isCausal({ meaning }: DocumentedExample): boolean {
  return meaning !== 'Bidirectional';
}

export function stdReadme(files: readonly StdFile[], compileSubject: CompileSubject): string {
  const sections = files.map((file) => {
    const rows = file.functions.map((each) => row(file, each, compileSubject));
    return [
      `## ${file.name}`,
      '',
      `${file.summary} Measured with the vocabulary \`${file.vocabulary}\`.`,
      '',
      '| function | meaning | measured on | layers | heads | neurons |',
      '|---|---|---|--:|--:|--:|',
      ...rows,
    ].join('\n');
  });
  return `${[INTRODUCTION, ...sections].join('\n\n')}\n`;
}

const INTRODUCTION = `# The library

Functions that programs would otherwise write again, in RASP. \`load "std/NAME";\` finds these files from any directory; names that begin with \`_\`
stay in their file. Each function has a comment with its meaning, its source, examples and what it needs; every example is run by a test, as a
program and as a model. The names of the reference's own library (\`length\`, \`selector_width\`, \`has_focus\`, \`count\`, \`sort\`, \`shift\`, …) are
always there.

Arguments come in one order: the sequence, what is looked for in it, numbers, and last the value for where there is nothing. A *condition* is an s-op
of bools. What a function says of the whole input it says, in a causal program, of the input so far; \`…_so_far\` and \`running_…\` say it of the
input so far in any program.

The costs are what the compiler reports for the expression shown and a context of ${STD_CONTEXT}: layers, heads in each of them, and neurons in all; those of a
causal GPT-2, or, where it says *bidirectional*, of a BERT: such a function looks ahead. This file is written by \`npm run std-table\`.`;

function row(file: StdFile, each: DocumentedFunction, compileSubject: CompileSubject): string {
  const example = measuredExample(each);
  const causal = isCausal(example);
  const measured = causal ? code(example.subject) : `${code(example.subject)}, *bidirectional*`;
  const cost = costOf(compileSubject(file, example.subject, causal));
  return `| ${[code(each.signature), firstSentence(each.meaning), measured, ...cost].join(' | ')} |`;
}

function costOf({ size, map }: CompiledModel): string[] {
  const neurons = map.neurons.reduce((sum, { from, to }) => sum + to - from, 0);
  return [String(size.layers), size.headsPerLayer.join(' '), String(neurons)];
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

function firstSentence(text: string): string {
  return text.split(/(?<=\.) /)[0]?.replace(/\.$/, '') ?? '';
}

/** programs/lm/README.md: every function for language models, what it costs, and how often it is right in a random model, on text too. */
import type { LmMeasure } from './lm-measure.ts';
import { LIBRARIES, type StdFile } from './std-library.ts';

export function lmReadme(files: readonly StdFile[], measures: ReadonlyMap<string, readonly LmMeasure[]>): string {
  const sections = files.map((file) =>
    [
      `## ${file.name}`,
      '',
      file.summary,
      '',
      '| function | meaning | GPT-2 | Llama |',
      '|---|---|---|---|',
      ...file.functions.map((each) => {
        const cells = (measures.get(each.name) ?? []).map(cell);
        return `| ${[`\`${each.signature}\``, firstSentence(each.meaning), ...cells].join(' | ')} |`;
      }),
    ].join('\n'),
  );
  return `${[INTRODUCTION, ...sections].join('\n\n')}\n`;
}

const INTRODUCTION = `# Functions for language models

What a language model can use from its first step: \`load "lm/NAME";\` finds these files from any directory, and
[the chapter](../../docs/lm-library.md) says how they are put into a model. Each function has a comment with its meaning, its source, examples and
what it needs; every example is run by a test. In examples ↵ stands for a line break and ″ for a double quote, which no string of RASP has.

The cells say what the first example of a function costs in a random model of ${LIBRARIES.lm} tokens of context and 256 dimensions, over GPT-2's tokenizer or
one of Llama's kind: layers, heads, neurons and dimensions; then how often it is right there at step 0, of positions of random and hostile inputs, and
of positions of the project's own text and source, as raspc's runtime computes it. Functions under *copying* are planned for GPT-2 small and
Llama-160m over 128 tokens instead, and are right on random tokens that repeat. This file is written by \`npm run lm-table\`.`;

function cell({ right, rightOnText, why, layers, heads, neurons, dims }: LmMeasure): string {
  if (right === null) return `no: ${why}`;
  const text = rightOnText === null ? '' : `, text ${rightOnText.toFixed(4)}`;
  return `${layers} / ${heads} / ${neurons} / ${dims}, right ${right.toFixed(4)}${text}`;
}

function firstSentence(text: string): string {
  return text.replace(/\.( .*)?$/, '').replaceAll('|', '\\|');
}

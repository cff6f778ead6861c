/** `raspc ngrams TEXT --tokenizer PATH -o FILE.rasp`: what most often follows one or two tokens in a text, as a program to seed. */
import { basename } from 'node:path';
import { fileOfText } from '../../../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import { formatSource } from '../../../format/format-source.ts';
import { ngramProgram, ngramTable } from '../../../library/ngram-table.ts';
import { sourceFile } from '../../../source/source-file.ts';
import { readSource } from '../../files/read-source.ts';
import { writeFile } from '../../files/write-file.ts';
import { type CommandDefinition, choiceOption, countOption } from '../../session/command.ts';
import { openTextTokenizer } from '../../session/read-tokenizer.ts';
import { EXIT } from '../../terminal/exit-codes.ts';

interface Options {
  readonly tokenizer?: string;
  readonly output?: string;
  readonly order: '2' | '3';
  readonly most: number;
  readonly least: number;
  readonly force?: true;
}

export const ngrams: CommandDefinition<Options> = {
  example: 'raspc ngrams corpus.txt --tokenizer gpt2/tokenizer.json -o bigrams.rasp',
  configure: (command) =>
    command
      .argument('<text>', 'a text in UTF-8, `-` for standard input')
      .option('--tokenizer <path>', 'the tokenizer that cuts it: tokenizer.json, or its folder')
      .option('-o, --output <file>', 'the program to write')
      .addOption(choiceOption('--order', 'tokens of an entry, the one that follows counted', ['2', '3']).default('2'))
      .addOption(countOption('--most', 'entries at most, the most frequent ones', 1).default(100))
      .addOption(countOption('--least', 'how often an entry has to occur', 1).default(3))
      .option('--force', 'replace the file if it exists'),
  async run(session, [path = ''], { tokenizer, output, order, most, least, force = false }) {
    const need = (what: string): never => fail('R8003', { what, command: 'raspc ngrams' });
    if (tokenizer === undefined) return need('`--tokenizer`');
    if (output === undefined) return need('`--output`');
    const { directory } = session.io;
    const { encode, texts, special } = openTextTokenizer(tokenizer, directory);
    const { text } = await readSource(path, session.io);
    const options = { order: order === '2' ? 2 : 3, most, least } as const;
    const table = ngramTable(encode(text), texts, special, options);
    if (table.entries.length === 0) fail('R7735', { least });
    const written = formatSource(sourceFile(output, ngramProgram(table, options, `\`${basename(path)}\``)));
    writeFile(output, fileOfText(written), { directory, force });
    const { entries, contexts, unnamed, positions, told, right } = table;
    if (session.format === 'json') session.printJson({ file: output, entries: entries.length, contexts, unnamed, positions, told, right });
    else {
      session.print(
        `${session.theme.success('wrote')} ${output}: ${entries.length} of ${contexts} contexts that come at least ${least} times`,
      );
      session.print(`  it says something at ${told} of ${positions} positions of the text, and is right at ${right}`);
      if (unnamed > 0)
        session.print(
          `  ${unnamed} are left out, whose tokens no string of RASP can say: quotes, line breaks, spaces alone, parts of characters`,
        );
    }
    return EXIT.done;
  },
};

/** `raspc export DIR --format gguf -o FILE`: the same model for another engine. */

import type { Command } from 'commander';
import { exportGguf, type GgufDtype, type GgufExport } from '../../../checkpoint/gguf/export-gguf.ts';
import { overlappingTokens } from '../../../checkpoint/gguf/gguf-tokenizer.ts';
import type { FileContent } from '../../../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import { withCommas } from '../../../source/with-commas.ts';
import { openFolder } from '../../files/model-folder.ts';
import { newNodeSha256 } from '../../files/node-sha256.ts';
import { writeFile } from '../../files/write-file.ts';
import { type CommandDefinition, choiceOption } from '../../session/command.ts';
import type { Session } from '../../session/session.ts';
import { EXIT } from '../../terminal/exit-codes.ts';

interface Options {
  readonly output?: string;
  readonly dtype?: GgufDtype;
  readonly force?: true;
}

export const exportModel: CommandDefinition<Options> = {
  example: 'raspc export out/hist --format gguf -o out/hist.gguf',
  // there is one format to export to, so `--format json` can still mean what it means everywhere: how the result is told
  formats: ['gguf'],
  configure,
  async run(session, [path = ''], options) {
    const { output } = options;
    if (output === undefined) return fail('R8003', { what: '`--output`', command: 'raspc export' });
    const folder = openFolder(path, session.io.directory);
    try {
      const exported = exportGguf(folder, options.dtype);
      const { content, sha256 } = hashed(exported.content);
      writeFile(output, content, { directory: session.io.directory, force: options.force === true });
      report(session, exported, output, sha256());
      return EXIT.done;
    } finally {
      folder.close();
    }
  },
};

function configure(command: Command): Command {
  return command
    .argument('<dir>', 'a folder that `raspc compile` wrote')
    .option('-o, --output <file>', 'the file to write')
    .addOption(
      choiceOption('--dtype', 'what matrices are stored as (default: f16 where the model computes in it, else f32)', ['f32', 'f16']),
    )
    .option('--force', 'replace the file if it exists');
}

/** The same content, hashed on its way. */
function hashed(content: FileContent): { readonly content: FileContent; readonly sha256: () => string } {
  const hash = newNodeSha256();
  return {
    content: {
      size: content.size,
      *chunks() {
        for (const chunk of content.chunks()) {
          hash.update(chunk);
          yield chunk;
        }
      },
    },
    sha256: () => hash.hex(),
  };
}

function report(session: Session, exported: GgufExport, path: string, sha256: string): void {
  const { content, dtype, form, map, tensors } = exported;
  const { theme } = session;
  const parameters = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
  const outputs = map.outputs.map(({ name }) => name).join(', ');
  if (session.format === 'json') {
    session.printJson({
      file: path,
      format: 'gguf',
      architecture: form.architecture,
      dtype,
      tensors: tensors.length,
      parameters,
      bytes: content.size,
      sha256,
    });
    return;
  }
  const size = `${tensors.length} tensors, ${withCommas(parameters)} parameters, ${withCommas(content.size)} bytes`;
  session.print(`${theme.success('wrote')} ${path}: ${outputs} as \`${form.architecture}\` for llama.cpp, matrices in ${dtype}`);
  session.print(`  ${size}`);
  for (const note of notes(exported)) session.remark(`note: ${note}`);
}

/** What is different there, and nobody would see. A model for 16-bit arithmetic bears all of the engine's rounding. */
function notes({ form, map, halfPrecision }: GgufExport): string[] {
  const overlap = overlappingTokens(map);
  const rounding = [
    'llama.cpp keeps keys and values in 16 bits unless told `-ctk f32 -ctv f32 -fa off`, and this model computes in 32; `compile --dtype f16 --compute f16` makes one for its own settings',
    ...(form.activation === 'gelu-tanh' ? ['llama.cpp rounds GELU to 16 bits, which moves logits by up to 0.002'] : []),
  ];
  return [
    ...(halfPrecision ? [] : rounding),
    ...(overlap === null
      ? []
      : [`llama.cpp may cut \`${overlap.join('` and `')}\` apart differently where they overlap; give it token ids`]),
  ];
}

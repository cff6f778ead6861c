/** `raspc lsp`: a language server on standard input and output, for any editor. */
import type { CommandDefinition } from '../../session/command.ts';
import { EXIT } from '../../terminal/exit-codes.ts';

export const lsp: CommandDefinition = {
  example: 'raspc lsp --help',
  // some editors say how they talk, and there is one way only
  configure: (command) => command.option('--stdio', 'talk on standard input and output, as it always does'),
  async run({ io }) {
    // The protocol's library is loaded by whoever serves.
    const { serve } = await import('../../lsp/serve.ts');
    return (await serve(io)) ? EXIT.done : EXIT.failed;
  },
};

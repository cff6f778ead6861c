/** What a program says of the session that starts from it: direction, context, vocabulary, how tokens are read, and its first example. */

import type { SourceLoader } from '../../graph/elaborate/elaborator.ts';
import { loadProgram } from '../../graph/elaborate/load-program.ts';
import type { TokenCast } from '../../graph/graph.ts';
import type { Vocabulary } from '../../graph/program.ts';
import type { SourceFile } from '../../source/source-file.ts';
import type * as ast from '../../syntax/ast.ts';
import { parseOrThrow } from '../../syntax/parse.ts';
import { ownExample, type RunningExample } from './running-example.ts';

export interface SessionStart {
  readonly module: ast.Module;
  readonly tokens: TokenCast;
  readonly causal: boolean;
  readonly context: number | null;
  readonly vocabulary: Vocabulary | null;
  readonly example: RunningExample | null;
}

export function sessionStart(file: SourceFile, loader: SourceLoader): SessionStart {
  const module = parseOrThrow(file);
  const program = loadProgram({ file, loader });
  const { vocabulary } = program;
  const numbers = vocabulary?.kind === 'tokens' && typeof vocabulary.values[0] !== 'string';
  return {
    module,
    tokens: numbers ? 'asis' : 'str',
    causal: program.causal?.value ?? false,
    context: program.context?.length ?? null,
    vocabulary,
    example: ownExample(program),
  };
}

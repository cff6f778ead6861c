/** `raspc compile FILE -o DIR`: a program in, a model folder out. */
import { type CompileFileOptions, compileFile, configureCompile } from '../../compile/compile-file.ts';
import type { CommandDefinition } from '../../session/command.ts';

export const compile: CommandDefinition<CompileFileOptions> = {
  example: 'raspc compile programs/hist.rasp --target gpt2 -o out/hist',
  configure: configureCompile,
  run: (session, [file = ''], options) => compileFile(session, file, options),
};

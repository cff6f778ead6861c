/** What `seed` and `graft` are given, a file or functions of the library by name, as the source of circuits. */
import type { Program } from '../../graph/program.ts';
import type { SeedSource } from '../../seed/program/recognize.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { loadFile } from '../session/load-file.ts';
import type { Session } from '../session/session.ts';
import { libraryProgram, refusalOf } from './library-program.ts';
import { assertSeedable, isAlphabet } from './seed-alphabet.ts';
import { type ReadOptions, sourcesOf } from './seed-sources.ts';

export async function readSeeded(
  session: Session,
  file: string,
  config: ModelConfig,
  options: ReadOptions & { readonly context?: number },
): Promise<SeedSource[]> {
  const library = libraryProgram(file, session.io);
  const read = (program: Program) => sourcesOf(session, file, program, options);
  if (library === null) return read(await loadFile(file, session.io));
  const whole = read(library.program);
  if (!whole.every(isAlphabet)) return whole;
  // what cannot be seeded by itself is left out, and told
  const refused = new Map<string, string>();
  for (const { name } of library.program.exports) {
    const why = refusalOf(() => read(library.alone(name)).forEach((each) => void assertSeedable(each, config, options.context ?? null)));
    if (why !== null) refused.set(name, why);
  }
  for (const [name, why] of refused) session.remark(`left out of ${file}: ${name}: ${why}`);
  return refused.size === 0 ? whole : read(library.without(new Set(refused.keys())));
}

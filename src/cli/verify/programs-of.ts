/** The programs of a seeded model as they are evaluated on its tokens. */
import type { SeedMap } from '../../checkpoint/map/seed-map.ts';
import type { Program } from '../../graph/program.ts';
import { sourceFile } from '../../source/source-file.ts';
import { OPEN_TOKENS } from '../../verify/seeded/measure-seeded.ts';
import { loadSource } from '../session/load-file.ts';
import type { Session } from '../session/session.ts';

export function programsOf(map: Pick<SeedMap, 'programs'>, session: Session): Program[] {
  return map.programs.map(({ file, source }) => {
    const program = loadSource(sourceFile(file, source), session.io);
    return program.vocabulary?.kind === 'any' ? loadSource(program.source, session.io, { vocabulary: OPEN_TOKENS }) : program;
  });
}

/** The programs that heads and neurons are compared with: those that ship with raspc, and the user's own. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../diagnostics/catalog.ts';
import type { Program } from '../../graph/program.ts';
import { type Candidate, candidatesOf } from '../../match/candidate.ts';
import { type Classing, isClassing } from '../../match/neurons/token-class.ts';
import { OPEN_TOKENS } from '../../verify/seeded/right-tokens.ts';
import { packagePath } from '../files/package-path.ts';
import { readSource } from '../files/read-source.ts';
import { loadSource } from '../session/load-file.ts';
import type { Session } from '../session/session.ts';

/** Rooms of `programs`, in the order in which equally good fits are preferred. */
const ROOMS = [['heads', 'positions'], ['heads', 'tokens'], ['heads', 'text'], ['neurons']];

export interface Candidates {
  /** What heads are compared with. */
  readonly heads: readonly Candidate[];
  /** What neurons are compared with. */
  readonly neurons: readonly Classing[];
}

/** Diagnostics: those of reading programs, R7702 and R7751. */
export async function loadCandidates(session: Session, own: readonly string[]): Promise<Candidates> {
  const library = ROOMS.flatMap((room) => {
    const folder = packagePath('programs', ...room);
    return readdirSync(folder)
      .filter((name) => name.endsWith('.rasp'))
      .sort()
      .map((name) => join(folder, name));
  });
  const heads: Candidate[] = [];
  const neurons: Classing[] = [];
  for (const path of [...own, ...library]) {
    const file = await readSource(path, session.io);
    const program = loadSource(file, session.io);
    if (program.exports.length === 0) fail('R7702', { file: path });
    const tried: Program = program.vocabulary?.kind === 'any' ? loadSource(file, session.io, { vocabulary: OPEN_TOKENS }) : program;
    // a user's program takes the place of one of the library with the same name
    const add = <Each extends { readonly name: string }>(list: Each[], each: Each): unknown =>
      list.some(({ name }) => name === each.name) || list.push(each);
    const [ofTokens, others] = [true, false].map((wanted) => tried.exports.filter((each) => isClassing(tried, each) === wanted));
    for (const { name, node } of ofTokens ?? []) add(neurons, { name, program: tried, node });
    for (const candidate of candidatesOf({ ...tried, exports: others ?? [] })) add(heads, candidate);
  }
  return { heads, neurons };
}

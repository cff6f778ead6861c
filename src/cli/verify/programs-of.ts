/** The programs of a seeded model as they are evaluated on its tokens. */
import { MAP_FILE } from '../../checkpoint/map/circuit-map.ts';
import { readRuns } from '../../checkpoint/map/class-runs.ts';
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { Program } from '../../graph/program.ts';
import { asksWhole, exactIds, withClasses } from '../../seed/program/token-classes.ts';
import { withFunctionsMoved } from '../../seed/program/whole-tokens.ts';
import { sha256HexOfText } from '../../source/sha256.ts';
import { sourceFile } from '../../source/source-file.ts';
import { OPEN_TOKENS } from '../../verify/seeded/right-tokens.ts';
import { loadSource } from '../session/load-file.ts';
import type { Session } from '../session/session.ts';

/** Diagnostics: R7403 where a source is not the one that was seeded, or exports no such circuit. */
export function programsOf(map: Pick<SeedMap, 'programs' | 'circuits'>, session: Session): Program[] {
  const programs = map.programs.map(({ file, source, sha256, classes, meaning }) => {
    if (sha256HexOfText(source) !== sha256)
      fail('R7403', { file: MAP_FILE, why: `the source of \`${file}\` is not the one that its hash is of` });
    const outputs = meaning?.outputs.map(({ name }) => name) ?? null;
    // one program may be of two kinds, each with some of its exports
    const partOf = (whole: Program): Program =>
      outputs === null ? whole : { ...whole, exports: whole.exports.filter(({ name }) => outputs.includes(name)) };
    const program = partOf(loadSource(sourceFile(file, source), session.io));
    if (classes) {
      const classOf =
        readRuns(classes.runs, classes.values.length) ?? fail('R7403', { file: MAP_FILE, why: `the classes of \`${file}\` are no runs` });
      const ids = asksWhole(withFunctionsMoved(program)) ? exactIds(classes.values.length, classOf) : null;
      return withClasses(withFunctionsMoved(program), { values: classes.values, classOf, ids });
    }
    return isOpen(program) ? partOf(loadSource(program.source, session.io, { vocabulary: OPEN_TOKENS })) : program;
  });
  const exported = new Set(programs.flatMap((program) => program.exports.map(({ name }) => name)));
  const missing = map.circuits.find(({ name }) => !exported.has(name));
  if (missing !== undefined) fail('R7403', { file: MAP_FILE, why: `no program exports its circuit \`${missing.name}\`` });
  return programs;
}

/** Whether tokens are numbers to it; one over a tokenizer without classes was seeded as one. */
function isOpen({ vocabulary }: Program): boolean {
  return vocabulary?.kind === 'any' || vocabulary?.kind === 'tokenizer';
}

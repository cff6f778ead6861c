/** `raspc lock DIR...`: writes down what checkpoints are compiled from, how, and what came out, for `verify --locked` to hold them to. */
import { readCircuitMap } from '../../../checkpoint/map/read-circuit-map.ts';
import { diagnose, fail } from '../../../diagnostics/catalog.ts';
import { DiagnosticError } from '../../../diagnostics/diagnostic.ts';
import { VERSION } from '../../../version.ts';
import { differingFiles, differingTensors, hashFolder } from '../../files/compare-folders.ts';
import { openFolder } from '../../files/model-folder.ts';
import { LOCK_FILE, type LockedCheckpoint, lockedName, readLock, writeLock } from '../../lock/lock-file.ts';
import { compileOptionsOf, hashSources, withRecompiled } from '../../lock/recompile.ts';
import type { CommandDefinition } from '../../session/command.ts';
import type { Session } from '../../session/session.ts';
import { EXIT } from '../../terminal/exit-codes.ts';

interface Options {
  readonly options?: string;
}

export const lock: CommandDefinition<Options> = {
  example: 'raspc lock out/hist',
  configure: (command) =>
    command
      .argument('[dir...]', 'folders that `raspc compile` wrote (default: those that are locked)')
      .option('--options <options>', 'further options that they were compiled with, such as "--max-shard-size 5GB"'),
  async run(session, dirs, { options }) {
    const { directory } = session.io;
    const known = readLock(directory);
    if (dirs.length === 0 && known.length === 0) fail('R8003', { what: 'a DIR', command: 'raspc lock' });
    const names = dirs.map((dir) => lockedName(dir, directory));
    const chosen = names.length > 0 ? names : known.map(({ dir }) => dir);
    const locked: LockedCheckpoint[] = [];
    for (const dir of chosen) {
      const given = options?.split(/\s+/).filter((word) => word !== '') ?? known.find((entry) => entry.dir === dir)?.given ?? [];
      locked.push(await lockOne(session, dir, given));
    }
    writeLock([...known.filter(({ dir }) => !chosen.includes(dir)), ...locked], directory);
    if (session.format === 'json') {
      session.printJson({ file: LOCK_FILE, checkpoints: locked.map(({ dir, program, files }) => ({ dir, program, files: files.length })) });
    } else {
      for (const { dir, program, files } of locked) {
        session.print(`${session.theme.success('locked')} ${dir}: ${files.length} files, as ${program} compiles to`);
      }
    }
    return EXIT.done;
  },
};

/** Diagnostics: R7604 where the folder is not what its program compiles to, and those of reading and compiling. */
async function lockOne(session: Session, dir: string, given: readonly string[]): Promise<LockedCheckpoint> {
  const { directory } = session.io;
  const folder = openFolder(dir, directory);
  try {
    const map = readCircuitMap(folder);
    const program = map.program.file;
    const options = compileOptionsOf(map, folder, directory);
    const files = hashFolder(folder, directory);
    await withRecompiled(session, program, [...given, ...options], (fresh) => {
      const changed = differingFiles(files, hashFolder(fresh, directory));
      if (changed.length === 0) return;
      throw new DiagnosticError([diagnose('R7604', { path: dir, program, changed }, { notes: differingTensors(folder, fresh) })]);
    });
    return { dir, program, options, given, raspc: VERSION, sources: hashSources(program, directory), files };
  } finally {
    folder.close();
  }
}

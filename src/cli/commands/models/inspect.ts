/** `raspc inspect DIR`: what a checkpoint is, which circuits it holds and where, and its tensors. Any stock model, or one file of tensors. */
import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { CONFIG_FILE } from '../../../checkpoint/config/config-value.ts';
import { readModelConfig } from '../../../checkpoint/config/read-config.ts';
import { readJsonFile } from '../../../checkpoint/json/read-json.ts';
import { isJsonList, isJsonObject } from '../../../checkpoint/json/strict-json.ts';
import { MAP_FILE } from '../../../checkpoint/map/circuit-map.ts';
import { readCircuitMap } from '../../../checkpoint/map/read-circuit-map.ts';
import { readSeedMap } from '../../../checkpoint/map/seed/seed-map-schema.ts';
import { describeTensor, measureTensor, type TensorFacts } from '../../../checkpoint/safetensors/measure-tensor.ts';
import type { TensorInfo } from '../../../checkpoint/safetensors/safetensors-header.ts';
import { INDEX_FILE, openTensorFile, openTensors, type TensorStore } from '../../../checkpoint/safetensors/tensor-store.ts';
import { openCheckpoint } from '../../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../../diagnostics/catalog.ts';
import { DiagnosticError } from '../../../diagnostics/diagnostic.ts';
import { type OpenFolder, openFolder } from '../../files/model-folder.ts';
import { type Inspection, inspectionJson, printInspection } from '../../report/inspect-report.ts';
import type { CommandDefinition } from '../../session/command.ts';
import type { Session } from '../../session/session.ts';
import { EXIT } from '../../terminal/exit-codes.ts';

interface Options {
  /** False where `--no-values` is given. */
  readonly values: boolean;
}

const NATURAL = new Intl.Collator('en', { numeric: true });

export const inspect: CommandDefinition<Options> = {
  example: 'raspc inspect out/hist',
  configure: (command: Command) =>
    command
      .argument('<dir>', 'a model folder, or one .safetensors file')
      .option('--no-values', 'names, types and shapes only: read no numbers'),
  async run(session, [path = ''], { values }) {
    const file = fileOf(path, session.io.directory);
    const folder = openFolder(file === null ? path : dirname(path), session.io.directory);
    try {
      const inspection = inspectFolder(session, path, folder, file, values);
      if (session.format === 'json') session.printJson(inspectionJson(inspection));
      else printInspection(session, inspection);
      return EXIT.done;
    } finally {
      folder.close();
    }
  },
};

/** The name of the one file to look at; null for a folder, which an index of shards stands for. */
function fileOf(path: string, directory: string): string | null {
  const isFile = statSync(resolve(directory, path), { throwIfNoEntry: false })?.isFile() ?? path.endsWith('.safetensors');
  return isFile ? basename(path) : null;
}

function inspectFolder(session: Session, path: string, folder: OpenFolder, file: string | null, values: boolean): Inspection {
  const whole = file === null || file === INDEX_FILE;
  const store = whole ? openTensors(folder) : openFile(folder, file);
  const hasMap = whole && folder.open(MAP_FILE) !== null;
  const seeds = hasMap ? readSeedMap(folder) : null;
  const map = hasMap && seeds === null ? readCircuitMap(folder) : null;
  const { architecture, config, problem } = whole ? understand(folder) : { architecture: null, config: null, problem: null };
  // layer 2 before layer 10
  const located = [...store.tensors.values()].sort((a, b) => NATURAL.compare(a.name, b.name));
  const tensors = values ? measure(session, store, located) : located.map(describeTensor);
  const bytes = located.reduce((sum, tensor) => sum + tensor.bytes, 0);
  return { path, architecture, config, problem, map, seeds, files: store.files, bytes, tensors };
}

function openFile(folder: OpenFolder, name: string): TensorStore {
  const source = folder.open(name) ?? fail('R7010', { file: name, folder: folder.path });
  return openTensorFile(source, name);
}

/** What config.json says. A model that raspc cannot run can be looked at all the same: then `problem` says why. */
function understand(folder: OpenFolder): Pick<Inspection, 'architecture' | 'config' | 'problem'> {
  const json = readJsonFile(folder, CONFIG_FILE);
  if (json === undefined) return { architecture: null, config: null, problem: null };
  const architectures = isJsonObject(json) ? json.get('architectures') : undefined;
  const named = isJsonList(architectures) ? architectures[0] : undefined;
  const architecture = typeof named === 'string' ? named : null;
  const [config, reason] = attempt(() => readModelConfig(folder));
  if (config === null) return { architecture, config, problem: reason };
  return { architecture: config.target.architecture, config, problem: attempt(() => openCheckpoint(folder))[1] };
}

function attempt<Result>(work: () => Result): readonly [Result, null] | readonly [null, string] {
  try {
    return [work(), null];
  } catch (fault) {
    if (fault instanceof DiagnosticError && fault.diagnostics[0] !== undefined) return [null, fault.diagnostics[0].message];
    throw fault;
  }
}

function measure(session: Session, store: TensorStore, all: readonly TensorInfo[]): TensorFacts[] {
  const progress = session.progress('reading tensors');
  const facts = all.map((tensor, done) => {
    progress.update(done, all.length);
    return measureTensor(store, tensor);
  });
  progress.finish();
  return facts;
}

/** The model that circuits go into: what its config says, and its weights where it is there already. */

import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import type { SeedMap } from '../../checkpoint/map/seed/seed-map.ts';
import { type TiedCheckpoint, tiedWhereEqual } from '../../checkpoint/stored-twice.ts';
import { openCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { initRules } from '../../seed/draw/init-rules.ts';
import { type ModelConfig, type StoredTensor, storedTensors, widestReach } from '../../targets/model-config.ts';
import type { InitRules } from '../../targets/target.ts';
import { type OpenFolder, openFolder } from '../files/model-folder.ts';
import { readLike } from '../session/read-like.ts';
import type { Session } from '../session/session.ts';
import type { SeedCommandOptions } from './seed-options.ts';

export interface OpenHost extends TiedCheckpoint {
  readonly folder: OpenFolder;
}

export function openHost(session: Session, path: string): OpenHost {
  const folder = openFolder(path, session.io.directory);
  const tied = tiedWhereEqual(openCheckpoint(folder));
  if (tied.isTornApart) {
    session.remark(
      'note: config.json ties the unembedding to the embedding, but the files hold two tensors that differ: they are kept apart, as transformers does',
    );
  }
  return { folder, ...tied };
}

export interface Like {
  readonly text: string;
  readonly config: ModelConfig;
  readonly rules: InitRules;
  readonly range: number;
  readonly bos: number | null;
}

/** A config.json, or the one of a folder. */
export function readHost(path: string, directory: string): Like {
  const { text, config } = readLike(path, directory);
  const raw = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const rules = initRules(config.target);
  const stated = raw[config.target.config.rangeKey ?? 'initializer_range'];
  const range = typeof stated === 'number' && stated > 0 ? stated : rules.range;
  const bos = typeof raw.bos_token_id === 'number' && raw.bos_token_id < config.sizes.vocab ? raw.bos_token_id : null;
  return { text, config, rules, range, bos };
}

/** A window counts where circuits look further back than it lets them. */
export function checkReach(config: ModelConfig, context: number): void {
  // heads that look further back than a window lie in layers without one, where there are any
  const reach = widestReach(config);
  if (reach >= context) return;
  const expected = `at least the ${context} positions of the circuits (with \`--context ${reach}\` it is enough)`;
  fail('R7104', { file: CONFIG_FILE, key: config.target.config.window?.key ?? 'rope_scaling', found: String(reach), expected });
}

/**
 * The token that every window starts with; null where there is none.
 *
 * @param isFound whether the first position is found without a token that marks it; with a table of positions it is known
 * @param options `bos` is an id, false for `--no-bos`, undefined where nothing was said
 */
export function firstToken(
  like: Pick<Like, 'config' | 'bos'>,
  options: { readonly bos?: number | boolean },
  isFound: boolean,
): number | null {
  const { config } = like;
  const usual = isFound || config.traits.positions.kind === 'learned' ? null : like.bos;
  const bos = typeof options.bos === 'number' ? options.bos : options.bos === false ? null : usual;
  if (bos !== null && bos >= config.sizes.vocab) fail('R7503', { id: bos, vocab: config.sizes.vocab });
  return bos;
}

/** What a checkpoint's embedding is stored as, or a new model's weights are to be. */
export function dtypeOf(open: Pick<OpenHost, 'checkpoint'> | null, options: SeedCommandOptions): SeedMap['dtype'] {
  if (open === null) return options.dtype ?? 'f32';
  const dtype = open.checkpoint.tensors[0]?.located.dtype;
  return dtype === 'F16' ? 'f16' : dtype === 'BF16' ? 'bf16' : 'f32';
}

export function tensorsOf(config: ModelConfig): Map<string, StoredTensor> {
  return new Map(Array.from(storedTensors(config), (tensor) => [tensor.name, tensor]));
}

/** A small seeded model, checkpoints of it that differ in one tensor, and what `raspc drift` says of them. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { cli } from '../cli/run-cli.ts';

export const SEEDED_CONFIG = {
  architectures: ['GPT2LMHeadModel'],
  model_type: 'gpt2',
  vocab_size: 64,
  n_positions: 32,
  n_embd: 128,
  n_layer: 2,
  n_head: 4,
  bos_token_id: 63,
  eos_token_id: 63,
  initializer_range: 0.02,
  tie_word_embeddings: true,
};

export interface DriftReport {
  readonly circuits: readonly { readonly name: string; readonly course: string }[];
  readonly points: readonly {
    readonly step: number | null;
    readonly circuits: readonly {
      readonly name: string;
      readonly said: number;
      readonly verdict: string;
      readonly works: number;
      readonly causes: readonly { readonly part: string; readonly gains: number }[];
    }[];
    readonly entries: readonly { readonly part: string; readonly moved: number }[];
    readonly heads: readonly { readonly name: string; readonly queryKey: number; readonly valueOutput: number }[];
    readonly text: { readonly known: TextUse; readonly rest: TextUse } | null;
  }[];
}
export interface TextUse {
  readonly targets: number;
  readonly loss: number;
  readonly without: number;
}

/** One seeded model in a folder of its own. */
export interface SeededFolder {
  readonly at: (name: string) => string;
  readonly reserved: ReadonlySet<number>;
  /** A copy with entries of one tensor changed; the map is left behind, as in a training's checkpoints. */
  readonly changed: (name: string, tensor: string, change: (value: number, row: number, column: number) => number) => string;
  readonly drift: (...argv: string[]) => Promise<DriftReport>;
  readonly remove: () => void;
}

export async function seededFolder(): Promise<SeededFolder> {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-drift-'));
  const at = (name: string) => join(folder, name);
  writeFileSync(at('config.json'), JSON.stringify(SEEDED_CONFIG));
  const seed = ['seed', 'programs/seeds/induction.rasp', '--like', at('config.json'), '--bos', '63', '-o', at('seeded')];
  const seeding = await cli(seed);
  expect([seeding.code, seeding.stderr]).toEqual([0, '']);
  const map = JSON.parse(readFileSync(at('seeded/raspc.json'), 'utf8')) as { circuits: { dims: number[] }[] };
  return {
    at,
    reserved: new Set(map.circuits.flatMap(({ dims }) => dims)),
    changed(name, tensor, change) {
      mkdirSync(at(name), { recursive: true });
      cpSync(at('seeded/config.json'), at(`${name}/config.json`));
      const bytes = readFileSync(at('seeded/model.safetensors'));
      const start = 8 + Number(bytes.readBigUInt64LE(0));
      const header = JSON.parse(bytes.subarray(8, start).toString()) as Record<string, { data_offsets: [number, number]; shape: number[] }>;
      const entry = header[tensor] as (typeof header)[string];
      const [from, to] = entry.data_offsets;
      const width = entry.shape[1] ?? 1;
      for (let place = from; place < to; place += 4) {
        const index = (place - from) / 4;
        bytes.writeFloatLE(change(bytes.readFloatLE(start + place), Math.floor(index / width), index % width), start + place);
      }
      writeFileSync(at(`${name}/model.safetensors`), bytes);
      return at(name);
    },
    async drift(...argv) {
      const { code, stdout, stderr } = await cli(['drift', at('seeded/raspc.json'), ...argv, '--format', 'json']);
      expect([code, stderr]).toEqual([0, '']);
      return JSON.parse(stdout) as DriftReport;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

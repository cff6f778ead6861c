/** A folder in which tests of `raspc seed` write models, and what they ask of the command about them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { cli } from '../cli/run-cli.ts';

export const INDUCTION = 'programs/seeds/induction.rasp';
export const like = (name: string) => ['--like', `tests/fixtures/seeds/${name}`];

export interface Measured {
  readonly asWritten: boolean;
  readonly circuits: readonly { readonly name: string; readonly accuracy: number; readonly probability: number | null }[];
  readonly heads: readonly { readonly name: string; readonly attention: number | null }[];
  readonly footprint: { readonly entropies: { readonly largest: number } } | null;
}

export class SeededModels {
  readonly folder = mkdtempSync(join(tmpdir(), 'raspc-seed-'));
  readonly at = (name: string): string => join(this.folder, name);
  readonly weights = (name: string): Buffer => readFileSync(join(this.folder, name, 'model.safetensors'));

  readonly seed = async (...argv: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli(['seed', ...argv]);
    expect([code, stderr]).toEqual([0, '']);
    return stdout;
  };

  readonly refused = async (...argv: string[]): Promise<string> => {
    const { code, stderr } = await cli(['seed', ...argv]);
    expect(code).not.toBe(0);
    return stderr;
  };

  readonly measured = async (name: string, ...more: string[]): Promise<Measured> => {
    const { stdout, stderr } = await cli(['verify', this.at(name), '--format', 'json', ...more]);
    expect(stderr).toBe('');
    return JSON.parse(stdout) as Measured;
  };

  /** Which features verify finds right at 99 of 100 positions at least. */
  readonly features = async (name: string): Promise<Record<string, boolean>> => {
    const { code, stdout } = await cli(['verify', this.at(name), '--format', 'json']);
    expect(code).toBe(0);
    const found = (JSON.parse(stdout) as { features: { name: string; accuracy: number }[] }).features;
    return Object.fromEntries(found.map((each) => [each.name, each.accuracy >= 0.99]));
  };

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Where the numbers of each tensor of a safetensors file begin and end. */
export function placesOf(bytes: Buffer): Map<string, readonly [from: number, to: number]> {
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString()) as Record<string, { data_offsets: [number, number] }>;
  const { __metadata__: _, ...entries } = header;
  return new Map(
    Object.entries(entries).map(
      ([
        name,
        {
          data_offsets: [from, to],
        },
      ]) => [name, [start + from, start + to]],
    ),
  );
}

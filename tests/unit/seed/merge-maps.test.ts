/** Circuits that were there and new ones in one map: names told apart, and what cannot be in one refused. */
import { describe, expect, test } from 'vitest';
import type { SeedHeadRecord, SeedMap } from '../../../src/checkpoint/map/seed/seed-map.ts';
import { codesPath, mergedFacts } from '../../../src/seed/grow/merge-maps.ts';

const head = (name: string): SeedHeadRecord => ({ layer: 0, head: 0, name, span: '', after: 0, streamAtMost: null });

function mapOf(changes: Partial<SeedMap>): SeedMap {
  return {
    ...{ raspc: '0', programs: [], target: 'gpt2', dtype: 'f32', context: 32, causal: true, bos: null, drawn: null, tokens: [] },
    ...{ code: { bits: 1, columns: [1] }, variables: [], heads: [], circuits: [], cleared: [], features: [], stream: [], files: [] },
    ...changes,
  };
}

const answer = (name: string): SeedMap['features'][number] => ({
  ...{ name, type: 'int', kind: 'tokens', after: 1, dims: [4], codes: [], weights: [], per: [], scale: 1, offset: 0, positions: 'from 1' },
});

describe('merged maps', () => {
  test('a name that is taken gets a number, also where a circuit speaks of it', () => {
    const made = mapOf({
      heads: [head('previous'), head('answer')],
      circuits: [{ name: 'answer', kind: 'answer', span: '', heads: ['previous', 'answer'], dims: [], slices: [], promise: null }],
    });
    const { heads, circuits } = mergedFacts(mapOf({ heads: [head('previous'), head('previous_2')] }), made);
    expect(heads.map(({ name }) => name)).toEqual(['previous', 'previous_2', 'previous_3', 'answer']);
    expect(circuits[0]?.heads).toEqual(['previous_3', 'answer']);
  });

  test('other codes stand beside the answer, the same ones once', () => {
    const there = mapOf({ features: [answer('a')] });
    const same = mergedFacts(there, mapOf({ features: [answer('b')] }));
    expect(same.features.map(({ code }) => code)).toEqual([undefined, undefined]);
    const other = mergedFacts(there, mapOf({ features: [answer('b')], code: { bits: 0, columns: [], file: 'codes.safetensors' } }));
    expect(other.features.map(({ code }) => code?.file)).toEqual([undefined, 'codes.safetensors']);
    expect(other.code).toEqual(there.code);
    expect(codesPath({ ...there, ...other })).toBe('codes-2.safetensors');
    expect(codesPath(there)).toBe('codes.safetensors');
  });

  test('windows begin with one token, and a value is one token', () => {
    expect(mergedFacts(mapOf({ bos: { id: 3 } }), mapOf({})).bos).toEqual({ id: 3 });
    expect(() => mergedFacts(mapOf({ bos: { id: 3 } }), mapOf({ bos: { id: 4 } }))).toThrow('R7775');
    const tokens = (id: number) => mapOf({ tokens: [{ value: 'q', id }] });
    expect(mergedFacts(tokens(3), tokens(3)).tokens).toEqual([{ value: 'q', id: 3 }]);
    expect(() => mergedFacts(tokens(3), tokens(4))).toThrow('R7775');
  });
});

/** The published schemas of raspc.json: every member is described, and folders that raspc writes are valid by another's validator. */
import Ajv2020 from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { COMPILED_MAP, membersOf, SEEDED_MAP, schemaOf } from '../../../src/checkpoint/map/map-schema.ts';
import { compileToFiles } from '../../../src/index.ts';

describe.each([COMPILED_MAP, SEEDED_MAP])('$title', (form) => {
  test('says what each member is, and of no other', () => {
    expect(Object.keys(form.members).sort()).toEqual(
      membersOf(form)
        .map(({ path }) => path)
        .sort(),
    );
  });
});

const validate = new Ajv2020.default({ strict: true, allowUnionTypes: true }).compile(schemaOf(COMPILED_MAP));

const TEXTS: readonly (readonly [name: string, text: string, target: string])[] = [
  ['a count', '@vocab "abc"; @context 4; @causal; n = selector_width(select(tokens, tokens, ==)); @export n;', 'gpt2'],
  ['a mean', '@vocab "abc"; @context 4; @causal; m = aggregate(select(True, True, ==), indicator(tokens == "a")); @export m;', 'llama'],
  [
    'words and a default',
    '@vocab ["on", "off"]; @context 3; p = aggregate(select(indices, indices - 1, ==), tokens, "none"); @export p;',
    'bert',
  ],
];

test.each(TEXTS)('%s is valid', (_, text, target) => {
  const bytes = compileToFiles(text, { target }).files.get('raspc.json') as Uint8Array;
  const map = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  expect(validate(map) ? [] : validate.errors).toEqual([]);
  expect(validate({ ...map, context: -1 })).toBe(false);
  expect(validate({ ...map, outputs: [{}] })).toBe(false);
});

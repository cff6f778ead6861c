/** `raspc fmt` as people use it: in place, in continuous integration, from an editor. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allPages } from '../../scripts/documents/pages.ts';
import { formatSource } from '../../src/format/format-source.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { cli } from './run-cli.ts';

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-fmt-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('formats in place, and only what needs it', async () => {
  writeFileSync(at('a.rasp'), 'x=tokens;  # all\n');
  writeFileSync(at('b.rasp'), 'x = tokens;\n');
  expect(await cli(['fmt', 'a.rasp', 'b.rasp'], { directory: folder })).toMatchObject({
    code: 0,
    stdout: 'formatted a.rasp\n',
    stderr: '',
  });
  expect(readFileSync(at('a.rasp'), 'utf8')).toBe('x = tokens;  # all\n');
});

test('--check writes nothing, and names the file and the line', async () => {
  writeFileSync(at('c.rasp'), 'x = tokens;\ny=x;\n');
  const { code, stderr } = await cli(['fmt', '--check', 'b.rasp', 'c.rasp'], { directory: folder });
  expect(code).toBe(1);
  expect(stderr).toContain('error[R1033]: `c.rasp` is not in the style of `raspc fmt`, first at line 2');
  expect(readFileSync(at('c.rasp'), 'utf8')).toBe('x = tokens;\ny=x;\n');
  const json = await cli(['fmt', '--check', 'c.rasp', '--format', 'json'], { directory: folder });
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, changed: ['c.rasp'], diagnostics: [{ code: 'R1033' }] });
});

test('leaves a file with faults as it is, and says what they are', async () => {
  writeFileSync(at('d.rasp'), 'x = ;\n');
  const { code, stderr } = await cli(['fmt', 'd.rasp'], { directory: folder });
  expect(code).toBe(1);
  expect(stderr).toContain('--> d.rasp:1:5');
  expect(readFileSync(at('d.rasp'), 'utf8')).toBe('x = ;\n');
});

test('--stdin is a filter', async () => {
  expect(await cli(['fmt', '--stdin'], { stdin: 'x=tokens ;' })).toMatchObject({ code: 0, stdout: 'x = tokens;\n' });
});

test('needs a file', async () => {
  expect(await cli(['fmt'])).toMatchObject({ code: 2 });
});

test('the programs of the documentation are in the style, but for those that their page formats', () => {
  for (const { path, text } of allPages()) {
    for (const [, file = '', program = ''] of text.matchAll(/^```rasp *([^\n]*)\n([\s\S]*?)^```$/gm)) {
      if (file !== '' && text.includes(`$ raspc fmt ${file}\n`)) continue;
      expect(formatSource(sourceFile(path, program)), path).toBe(program);
    }
  }
});

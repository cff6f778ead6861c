/** The language server as an editor meets it: the real process, spoken to in the protocol. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from '../build.ts';
import { type Answer, LanguageClient } from '../support/language-client.ts';

const HIST = `@vocab "abc";
@context 8;
@causal;
load "helper";
load "std/counts";

# how often the token came
def seen(seq, other) {
  found = select(seq, other, ==);
  return selector_width(found);
}
hist = seen(tokens, tokens);
twice = double(hist);
capital = shift(tokens, 1, "a") if tokens == "A" else tokens;

@export hist;
@export twice;
@export capital;
@example hist("aab") == [1, 2, 1];
`;

let folder: string;
let client: LanguageClient;
beforeAll(async () => {
  await build();
  folder = mkdtempSync(join(tmpdir(), 'raspc-lsp-'));
  writeFileSync(join(folder, 'helper.rasp'), '# two of them\ndef double(x) {\n  return 2 * x;\n}\n');
  client = new LanguageClient(folder);
  await client.start();
});
afterAll(async () => {
  await client.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Where a piece of the text stands, or `inside` characters into it. */
function at(text: string, piece: string, inside = 0): { position: { line: number; character: number } } {
  const before = text.slice(0, text.indexOf(piece) + inside).split('\n');
  return { position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 } };
}

describe('a document', () => {
  test('has diagnostics with fixes, and what they follow from', async () => {
    const found = await client.open('hist.rasp', HIST);
    expect(found.map((each: Answer) => [each.code, each.severity, each.source])).toEqual([['W3002', 2, 'raspc']]);
    expect(found[0].message).toContain('did you mean `"a"`?');
    const [fix] = await client.ask('codeAction', 'hist.rasp', { range: found[0].range, context: { diagnostics: found } });
    expect(fix).toMatchObject({ title: 'write `"a"`', kind: 'quickfix', isPreferred: true });
    expect(fix.edit.changes[client.uri('hist.rasp')]).toEqual([{ range: expect.anything(), newText: '"a"' }]);
  });

  test('tells of a name what it is, what it can be, what it costs and what it is on the example', async () => {
    const { contents } = await client.ask('hover', 'hist.rasp', at(HIST, 'hist = '));
    expect(contents.value).toContain('s-op of ints, one of 8 values: 1, 2, 3, 4, 5, 6, 7, 8');
    expect(contents.value).toContain('1 layer, 1 head');
    expect(contents.value).toContain('on `"aab"`: `[1, 2, 1]`');
    const library = await client.ask('hover', 'hist.rasp', at(HIST, 'shift(tokens'));
    expect(library.contents.value).toContain('shift(seq, n, filler)');
    expect(library.contents.value).toContain('seq moved n positions to the right, filled up with filler');
    const own = await client.ask('hover', 'hist.rasp', at(HIST, 'seen(tokens'));
    expect(own.contents.value).toContain('how often the token came');
    const loaded = await client.ask('hover', 'hist.rasp', at(HIST, 'double(hist)'));
    expect(loaded.contents.value).toContain('two of them');
    const selector = await client.ask('hover', 'hist.rasp', at(HIST, 'select(seq'));
    expect(selector.contents.value).toContain('1 · ·\n1 1 ·\n· · 1');
  });

  test('offers names, directives and files', async () => {
    const names = await client.ask('completion', 'hist.rasp', at(HIST, 'found);', 2));
    const labels = names.map(({ label }: Answer) => label);
    expect(labels).toEqual(expect.arrayContaining(['found', 'seq', 'seen', 'double', 'shift', 'selector_width', 'def']));
    expect(names.find(({ label }: Answer) => label === 'double')).toMatchObject({ detail: 'double(x)', documentation: 'two of them' });
    expect(names.find(({ label }: Answer) => label === 'found').textEdit.range.start.character).toBe(24);
    const outside = await client.ask('completion', 'hist.rasp', at(HIST, 'hist = seen', 8));
    expect(outside.map(({ label }: Answer) => label)).not.toContain('found');
    const files = await client.ask('completion', 'hist.rasp', at(HIST, 'helper"', 3));
    expect(files.map(({ label }: Answer) => label)).toEqual(expect.arrayContaining(['helper', 'std/counts', 'std/sorting']));
    const directives = await client.ask('completion', 'hist.rasp', at(HIST, '@causal', 3));
    expect(directives.map(({ label }: Answer) => label)).toContain('@context');
    expect(await client.ask('completion', 'hist.rasp', at(HIST, 'how often', 3))).toEqual([]);
  });

  test('helps in a call', async () => {
    const help = await client.ask('signatureHelp', 'hist.rasp', at(HIST, '1, "a")'));
    expect(help.signatures[0]).toMatchObject({ label: 'shift(seq, n, filler)' });
    expect(help.activeParameter).toBe(1);
    expect(await client.ask('signatureHelp', 'hist.rasp', at(HIST, '@causal'))).toBeNull();
  });

  test('goes to definitions: here, in what it loads, in the library', async () => {
    const here = await client.ask('definition', 'hist.rasp', at(HIST, 'seen(tokens'));
    expect(here).toEqual({ uri: client.uri('hist.rasp'), range: { start: { line: 7, character: 4 }, end: { line: 7, character: 8 } } });
    expect((await client.ask('definition', 'hist.rasp', at(HIST, 'double(hist)'))).uri).toBe(client.uri('helper.rasp'));
    expect((await client.ask('definition', 'hist.rasp', at(HIST, 'helper"'))).uri).toBe(client.uri('helper.rasp'));
    const library = await client.ask('definition', 'hist.rasp', at(HIST, 'shift(tokens'));
    const line = readFileSync(fileURLToPath(library.uri), 'utf8').split('\n')[library.range.start.line];
    expect(line).toMatch(/^def shift\(/);
  });

  test('finds references, and renames', async () => {
    const references = await client.ask('references', 'hist.rasp', { ...at(HIST, 'hist = '), context: { includeDeclaration: true } });
    expect(references.map(({ range }: Answer) => range.start.line)).toEqual([11, 12, 15, 18]);
    const renamed = await client.ask('rename', 'hist.rasp', { ...at(HIST, 'hist = '), newName: 'counts' });
    expect(renamed.changes[client.uri('hist.rasp')]).toHaveLength(4);
    const parameter = await client.ask('rename', 'hist.rasp', { ...at(HIST, 'other)'), newName: 'count' });
    expect(parameter.changes[client.uri('hist.rasp')]).toHaveLength(2);
    await expect(client.ask('rename', 'hist.rasp', { ...at(HIST, 'hist = '), newName: 'twice' })).rejects.toThrow(
      'the name of something else',
    );
    await expect(client.ask('rename', 'hist.rasp', { ...at(HIST, 'hist = '), newName: 'length' })).rejects.toThrow('built in');
    await expect(client.ask('rename', 'hist.rasp', { ...at(HIST, 'shift(tokens'), newName: 'x' })).rejects.toThrow(
      'not defined in this workspace',
    );
    expect(await client.ask('prepareRename', 'hist.rasp', at(HIST, 'shift(tokens'))).toBeNull();
  });

  test('finds and renames what other files of the workspace have of it', async () => {
    // one that is open and not saved, one that is on the disk, one that has a name of its own, and one that does not load it
    const home = 'def doubled(x) {\n  return 2 * x;\n}\nmine = doubled(indices);\n';
    const reader = 'load "home";\nout = doubled(mine);\n@export out;\n';
    const distant = 'load "reader";\nmore = doubled(out);\n@export more;\n';
    writeFileSync(join(folder, 'home.rasp'), home);
    writeFileSync(join(folder, 'distant.rasp'), distant);
    writeFileSync(join(folder, 'own.rasp'), 'load "home";\ndoubled = tokens;\n@export doubled;\n');
    writeFileSync(join(folder, 'stranger.rasp'), 'def doubled(y) {\n  return y;\n}\nz = doubled(tokens);\n@export z;\n');
    writeFileSync(join(folder, 'reader.rasp'), 'load "home";\nx = doubled(mine);\n');
    await client.open('home.rasp', home);
    await client.open('reader.rasp', reader);
    const place = at(home, 'doubled(x)');
    const found = await client.ask('references', 'home.rasp', { ...place, context: { includeDeclaration: true } });
    const lines = (name: string) =>
      found.filter(({ uri }: Answer) => uri === client.uri(name)).map(({ range }: Answer) => range.start.line);
    expect([lines('home.rasp'), lines('reader.rasp'), lines('distant.rasp')]).toEqual([[0, 3], [1], [1]]);
    expect(found).toHaveLength(4);
    // from where it is read, the same
    const edits = await client.ask('rename', 'reader.rasp', { ...at(reader, 'doubled'), newName: 'twofold' });
    expect(Object.keys(edits.changes).sort()).toEqual(['distant.rasp', 'home.rasp', 'reader.rasp'].map((name) => client.uri(name)).sort());
    expect(edits.changes[client.uri('distant.rasp')]).toEqual([
      { range: { start: { line: 1, character: 7 }, end: { line: 1, character: 14 } }, newText: 'twofold' },
    ]);
    expect(edits.changes[client.uri('reader.rasp')]).toEqual([
      { range: { start: { line: 1, character: 6 }, end: { line: 1, character: 13 } }, newText: 'twofold' },
    ]);
    await expect(client.ask('rename', 'home.rasp', { ...place, newName: 'more' })).rejects.toThrow('something else in');
    await expect(client.ask('rename', 'home.rasp', { ...place, newName: 'mine' })).rejects.toThrow('something else');
  });

  test('has an outline, folds, colours and hints', async () => {
    const symbols = await client.ask('documentSymbol', 'hist.rasp');
    expect(symbols.map(({ name }: Answer) => name)).toEqual(['seen', 'hist', 'twice', 'capital', '@export', '@export', '@export']);
    expect(symbols[0].children.map(({ name }: Answer) => name)).toEqual(['found']);
    expect(await client.ask('foldingRange', 'hist.rasp')).toEqual([{ startLine: 7, endLine: 10 }]);
    const { data } = await client.ask('semanticTokens/full', 'hist.rasp');
    expect(data.length % 5).toBe(0);
    // `@vocab`, a macro, and the string behind it
    expect(data.slice(0, 10)).toEqual([0, 0, 6, 8, 0, 0, 7, 5, 2, 0]);
    const whole = { range: { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } } };
    const hints = await client.ask('inlayHint', 'hist.rasp', whole);
    expect(hints.map(({ position, label }: Answer) => [position.line, label])).toContainEqual([
      11,
      expect.stringMatching(/^layer 1: 1 head/),
    ]);
  });

  test('is formatted, and left alone where it does not parse', async () => {
    await client.open('crowded.rasp', 'x=tokens;y=x;');
    const [edit] = await client.ask('formatting', 'crowded.rasp', { options: { tabSize: 2, insertSpaces: true } });
    expect(edit.newText).toBe('x = tokens;\ny = x;\n');
    await client.change('crowded.rasp', { text: 'x=;' });
    expect(await client.ask('formatting', 'crowded.rasp', { options: { tabSize: 2, insertSpaces: true } })).toEqual([]);
  });
});

describe('what is typed', () => {
  test('comes in pieces or in full, and the newest text counts', async () => {
    expect(await client.open('typed.rasp', 'x = tokens;\n@export x;\n')).toEqual([]);
    const range = { start: { line: 0, character: 4 }, end: { line: 0, character: 10 } };
    const broken = await client.change('typed.rasp', { range, text: 'token' });
    expect(broken.map(({ code, range: place }: Answer) => [code, place.start.line, place.start.character])).toEqual([['R2001', 0, 4]]);
    const [fix] = await client.ask('codeAction', 'typed.rasp', { range, context: { diagnostics: [] } });
    expect(fix.title).toBe('write `tokens`');
    expect(await client.change('typed.rasp', { range: { ...range, end: { line: 0, character: 9 } }, text: 'indices' })).toEqual([]);
    expect(await client.change('typed.rasp', { text: 'y = tokens;\n@export y;\n' })).toEqual([]);
  });

  test('still knows its names in the middle of a line', async () => {
    await client.open('middle.rasp', 'first = tokens;\n@export first;\n');
    await client.change('middle.rasp', { text: 'first = tokens;\nsecond = fir\n@export first;\n' });
    const names = await client.ask('completion', 'middle.rasp', { position: { line: 1, character: 12 } });
    expect(names.map(({ label }: Answer) => label)).toContain('first');
  });

  test('is looked at together with what else is open, and with what vanishes', async () => {
    writeFileSync(join(folder, 'part.rasp'), 'part = indices;\n');
    const user = 'load "part";\nx = part + 1;\n@export x;\n';
    expect(await client.open('user.rasp', user)).toEqual([]);
    await client.open('part.rasp', 'other = indices;\n@export other;\n');
    const told = client.diagnostics('user.rasp');
    client.notify('textDocument/didSave', { textDocument: { uri: client.uri('part.rasp') } });
    expect((await told).map(({ code }: Answer) => code)).toEqual(['R2001']);
    client.notify('textDocument/didClose', { textDocument: { uri: client.uri('part.rasp') } });
    rmSync(join(folder, 'part.rasp'));
    const gone = client.diagnostics('user.rasp');
    client.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: client.uri('part.rasp'), type: 3 }] });
    expect((await gone).map(({ code }: Answer) => code)).toContain('R2004');
  });

  test('may be 20,000 lines', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `x${i} = ${i === 0 ? 'indices' : `x${i - 1}`} + 1;`);
    expect(await client.open('long.rasp', `${lines.join('\n')}\n@export x19999;\n`)).toEqual([]);
    const hover = await client.ask('hover', 'long.rasp', { position: { line: 19_000, character: 2 } });
    expect(hover.contents.value).toContain('x19000');
  });
});

describe('the conversation', () => {
  test('survives messages that make no sense', async () => {
    client.raw('{"jsonrpc": "2.0", "method": 5');
    client.raw('[]');
    const { error } = await client.request('textDocument/nonsense', {});
    expect(error?.code).toBe(-32601);
    expect(await client.ask('hover', 'never-opened.rasp', { position: { line: 0, character: 0 } })).toBeNull();
    expect(await client.ask('hover', 'hist.rasp', { position: { line: 9999, character: 9999 } })).toBeNull();
    expect((await client.ask('hover', 'hist.rasp', at(HIST, 'hist = '))).contents.value).toContain('s-op of ints');
  });

  test('lets what is asked be taken back', async () => {
    await client.open('cancelled.rasp', HIST);
    const place = { textDocument: { uri: client.uri('cancelled.rasp') }, ...at(HIST, 'hist = ') };
    const hovers = Array.from({ length: 20 }, () => client.request('textDocument/hover', place));
    for (const id of client.lastIds(19)) client.notify('$/cancelRequest', { id });
    const answers = await Promise.all(hovers);
    // the last one was not taken back; of the others those that had been begun may have been answered
    expect(answers[19]?.result.contents.value).toContain('s-op of ints');
    expect(answers.slice(0, 19).filter(({ error }) => error?.code === -32800).length).toBeGreaterThan(0);
    expect(answers.slice(0, 19).every(({ error, result }) => error?.code === -32800 || result.contents !== undefined)).toBe(true);
    // what was asked of a text that has changed before the answer was begun is not answered by the new one
    const stale = client.request('textDocument/hover', place);
    const newer = client.change('cancelled.rasp', { text: `# one line more\n${HIST}` });
    expect((await stale).error?.code).toBe(-32801);
    await newer;
    client.notify('$/cancelRequest', { id: 123456 });
    expect((await client.ask('documentSymbol', 'cancelled.rasp')).length).toBeGreaterThan(0);
  });

  test('ends with the editor: 0 where it took its leave, 1 where it went away', async () => {
    const polite = new LanguageClient(folder);
    await polite.start();
    expect(await polite.stop()).toBe(0);
    const rude = new LanguageClient(folder);
    await rude.start();
    rude.hangUp();
    expect(await rude.ended).toBe(1);
  });
});

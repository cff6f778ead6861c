/** The packed extension: what Visual Studio Code asks of a .vsix is in it, and its client starts the server. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import { serverCommand } from '../../../editors/vscode/src/server-command.mts';
import { extensionFiles } from '../../../scripts/vscode/extension-files.ts';
import { vsixName, vsixOf } from '../../../scripts/vscode/vsix.ts';
import { VERSION } from '../../../src/version.ts';
import { loadExtension } from '../../support/vscode-host.ts';

const packed = new Map<string, string>();
let files: Map<string, string>;
beforeAll(async () => {
  files = await extensionFiles();
  for (const [path, bytes] of Object.entries(unzipSync(vsixOf(files)))) packed.set(path, strFromU8(bytes));
});
const textAt = (path: string) => packed.get(path) ?? `missing: ${path}`;
const manifest = () => JSON.parse(textAt('extension/package.json'));
/** A path of package.json, in the package. */
const inPackage = (path: string) => `extension/${path.replace(/^\.\//, '')}`;

describe('the packed extension', () => {
  test('has the version of raspc, in its name, its package and its manifest', () => {
    expect(vsixName(files)).toBe(`raspc-${VERSION}.vsix`);
    expect(manifest().version).toBe(VERSION);
    expect(textAt('extension.vsixmanifest')).toContain(`<Identity Language="en-US" Id="raspc" Version="${VERSION}" Publisher="raspc"/>`);
  });

  test('holds what its manifests name, each of a type that is said', () => {
    const { main, contributes } = manifest();
    const named = [main, contributes.languages[0].configuration, contributes.grammars[0].path].map(inPackage);
    const assets = [...textAt('extension.vsixmanifest').matchAll(/(?: Path="|<License>)([^"<]+)/g)].map(([, path]) => path);
    expect(assets).toContain('extension/package.json');
    for (const path of [...named, ...assets]) expect([...packed.keys()]).toContain(path);
    const types = [...textAt('[Content_Types].xml').matchAll(/Extension="([^"]+)"/g)].map(([, type]) => type);
    for (const path of packed.keys()) if (path !== '[Content_Types].xml') expect(types).toContain(path.replace(/^.*(?=\.)/, ''));
  });

  test('colours .rasp by the grammar of this repository', () => {
    const { languages, grammars } = manifest().contributes;
    expect(languages[0]).toMatchObject({ id: 'rasp', extensions: ['.rasp'] });
    expect(grammars[0]).toMatchObject({ language: 'rasp', scopeName: 'source.rasp' });
    expect(textAt(inPackage(grammars[0].path))).toBe(readFileSync('editors/rasp.tmLanguage.json', 'utf8'));
    expect(JSON.parse(textAt(inPackage(languages[0].configuration))).comments).toEqual({ lineComment: '#' });
  });

  test('carries the licences of what its client is made of', () => {
    expect(textAt('extension/LICENSES.txt')).toMatch(/^vscode-languageclient \d/m);
    expect(textAt('extension/LICENSE.txt')).toBe(readFileSync('LICENSE', 'utf8'));
  });
});

describe('its client', () => {
  const folder = '/home/ada/project';
  const loaded = (settings: Partial<Parameters<typeof loadExtension>[1]> = {}) =>
    loadExtension(textAt(inPackage(manifest().main)), { isTrusted: true, path: 'raspc', folder, isInstalled: true, ...settings });

  test('starts the server in the workspace, speaks to it, starts it again and ends it', async () => {
    const host = loaded({ path: './bin/raspc.js' });
    await host.activate();
    const spawned = { command: 'node', args: [resolve(folder, 'bin/raspc.js'), 'lsp'], cwd: folder };
    expect(host.spawned).toEqual([spawned]);
    expect(host.asked.slice(0, 2)).toEqual(['initialize', 'initialized']);
    expect([...host.commands.keys()]).toEqual(manifest().contributes.commands.map((each: { command: string }) => each.command));
    await host.commands.get('raspc.restartServer')?.();
    expect(host.spawned).toEqual([spawned, spawned]);
    await host.deactivate();
    expect(host.asked.filter((method) => method === 'exit')).toHaveLength(2);
    expect(host.errors).toEqual([]);
  });

  test('starts nothing in a workspace that is not trusted', async () => {
    const host = loaded({ isTrusted: false });
    await host.activate();
    expect(host.spawned).toEqual([]);
  });

  test('says what to do where there is no server', async () => {
    const host = loaded({ isInstalled: false });
    await host.activate();
    expect(host.errors.at(-1)).toMatch(/^`raspc lsp` does not start: .*Install raspc, or say in the setting raspc\.path where it is\.$/);
    await host.deactivate();
  });

  test.each([
    ['raspc', 'linux', { command: 'raspc', args: ['lsp'], options: { cwd: folder, shell: false } }],
    [' ', 'linux', { command: 'raspc', args: ['lsp'], options: { cwd: folder, shell: false } }],
    ['./a b/raspc', 'darwin', { command: resolve(folder, 'a b/raspc'), args: ['lsp'], options: { cwd: folder, shell: false } }],
    ['raspc', 'win32', { command: 'raspc', args: ['lsp'], options: { cwd: folder, shell: true } }],
    ['./a b/raspc', 'win32', { command: `"${resolve(folder, 'a b/raspc')}"`, args: ['lsp'], options: { cwd: folder, shell: true } }],
    ['/opt/raspc.js', 'win32', { command: 'node', args: ['/opt/raspc.js', 'lsp'], options: { cwd: folder, shell: false } }],
  ] as const)('runs %j on %s', (setting, platform, expected) => {
    expect(serverCommand(setting, folder, platform)).toEqual(expected);
  });

  test('runs a command for a file that is open alone', () => {
    expect(serverCommand('raspc', undefined, 'linux')).toEqual({ command: 'raspc', args: ['lsp'], options: { shell: false } });
  });
});

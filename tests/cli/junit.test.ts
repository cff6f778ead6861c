/**
 * The JUnit report against the rules of the schema that Jenkins' xUnit plugin checks: which elements may stand in which, which attributes they
 * need and may have. Source: jenkinsci/xunit-plugin, types/model/xsd/junit-10.xsd at 031e285ef3b60dee7aaf36e9096d7dcd95ffae83.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

interface Rule {
  readonly children: readonly string[];
  readonly text: boolean;
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const message: Rule = { children: [], text: true, required: [], optional: ['type', 'message'] };
const SCHEMA: Readonly<Record<string, Rule>> = {
  testsuites: { children: ['testsuite'], text: false, required: [], optional: ['name', 'time', 'tests', 'failures', 'errors'] },
  testsuite: {
    children: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
    text: false,
    required: ['name', 'tests', 'failures', 'errors'],
    optional: ['group', 'time', 'skipped', 'timestamp', 'hostname', 'id', 'package', 'file', 'log', 'url'],
  },
  testcase: {
    children: ['skipped', 'error', 'failure', 'rerunFailure', 'rerunError', 'flakyFailure', 'flakyError', 'system-out', 'system-err'],
    text: false,
    required: ['name'],
    optional: ['time', 'classname', 'group'],
  },
  failure: message,
  error: message,
  skipped: message,
};
const TIME = /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$/;

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** XML without namespaces, comments and such: anything else is a fault of the writer. */
function parseXml(xml: string): Element {
  const head = '<?xml version="1.0" encoding="UTF-8"?>';
  if (!xml.startsWith(head)) throw new Error('no declaration');
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const pieces = xml.slice(head.length).matchAll(/<(\/?)([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|([^<]+)|(<)/g);
  for (const [, closes, name = '', attributes = '', single, text, stray] of pieces) {
    const inner = open.at(-1) as Element;
    if (stray !== undefined) throw new Error('a stray <');
    if (text !== undefined) inner.text += unescaped(text);
    else if (closes === '/') {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes nothing`);
    } else {
      const pairs = [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']): [string, string] => [
        key,
        unescaped(value),
      ]);
      if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error('an attribute twice');
      const element: Element = { name, attributes: Object.fromEntries(pairs), children: [], text: '' };
      inner.children.push(element);
      if (single !== '/') open.push(element);
    }
  }
  if (open.length !== 1 || root.children.length !== 1 || root.text.trim() !== '') throw new Error('not one element');
  return root.children[0] as Element;
}

function unescaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
  // XML 1.0 has no other control characters
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) throw new Error('a character that XML has not');
  return text.replace(/&(\w*);?/g, (_, name: string) => {
    if (entities[name] === undefined) throw new Error(`&${name} is nothing`);
    return entities[name];
  });
}

function check({ name, attributes, children, text }: Element): void {
  const rule = SCHEMA[name];
  if (rule === undefined) throw new Error(`there is no <${name}>`);
  expect(Object.keys(attributes)).toEqual(expect.arrayContaining([...rule.required]));
  expect([...rule.required, ...rule.optional]).toEqual(expect.arrayContaining(Object.keys(attributes)));
  if (attributes.time !== undefined) expect(attributes.time).toMatch(TIME);
  if (!rule.text) expect(text.trim()).toBe('');
  for (const child of children) {
    expect(rule.children).toContain(child.name);
    check(child);
  }
}

/** Counts say what is there. */
function checkCounts(root: Element): void {
  const cases = (element: Element): Element[] => (element.name === 'testcase' ? [element] : element.children.flatMap(cases));
  const having = (element: Element, name: string) =>
    cases(element).filter(({ children }) => children.some((child) => child.name === name)).length;
  for (const element of [root, ...root.children]) {
    expect(element.attributes).toMatchObject({
      tests: String(cases(element).length),
      failures: String(having(element, 'failure')),
      errors: String(having(element, 'error')),
      ...(element.name === 'testsuite' ? { skipped: String(having(element, 'skipped')) } : {}),
    });
  }
}

let folder: string;
const at = (...argv: string[]) => cli(argv, { directory: folder });
const PROGRAM = `@vocab ["<&>", "q'", "\u0007", "é🙂"]; @context 4; @causal;
hist = selector_width(select(tokens, tokens, ==));
@export hist;
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-junit-'));
  writeFileSync(join(folder, 'a.rasp'), PROGRAM);
  writeFileSync(join(folder, 'b.rasp'), PROGRAM.replace('tokens, ==)', 'tokens, !=)'));
  expect((await at('compile', 'a.rasp', '-o', 'm<&"\'>')).code).toBe(0);
  expect((await at('compile', 'a.rasp', '-o', 'plain')).code).toBe(0);
  expect((await at('lock', 'plain', 'm<&"\'>')).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('JUnit XML by the schema', () => {
  test.each([
    ['of a right checkpoint', 0, ['plain']],
    ['of a name that XML escapes', 0, ['m<&"\'>']],
    ['of a wrong one', 1, ['m<&"\'>', '--program', 'b.rasp']],
    ['of a part', 0, ['plain', '--shard', '2/3']],
    ['of several that are locked', 0, ['--locked']],
  ])('%s', async (_, exit, argv) => {
    const { code, stdout } = await at('verify', ...argv, '--reporter', 'junit');
    expect(code).toBe(exit);
    const root = parseXml(stdout.trimEnd());
    expect(root.name).toBe('testsuites');
    check(root);
    checkCounts(root);
  });

  test('of one whose weights changed, and are proven all the same', async () => {
    const path = join(folder, 'plain/model.safetensors');
    const bytes = readFileSync(path);
    bytes.writeFloatLE(1e-30, bytes.length - 4);
    writeFileSync(path, bytes);
    const root = parseXml((await at('verify', 'plain', '--locked', '--reporter', 'junit')).stdout.trimEnd());
    check(root);
    checkCounts(root);
    expect(root.children[0]?.attributes).toMatchObject({ name: 'plain', tests: '3', failures: '1', skipped: '0' });
  });

  test('the rules refuse what is not by the schema', () => {
    const suites = (inner: string) => parseXml(`<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>${inner}</testsuites>`);
    expect(() => check(suites('<testcase name="x"/>'))).toThrow();
    expect(() => check(suites('<testsuite name="x" tests="1"/>'))).toThrow();
    expect(() => check(suites('<testsuite name="x" tests="1" failures="0" errors="0" time="1e-3"/>'))).toThrow();
    expect(() => suites('<testsuite name="&nbsp;"/>')).toThrow('nbsp');
    expect(() => suites('<testsuite></testsuites>')).toThrow('closes nothing');
  });
});

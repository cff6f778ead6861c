/** Random programs over what tokens say and which they are: moved, found, compared and chosen, by classes and by each other. */
import { seededRandom } from './random.ts';

/** Sixty tokens, in classes by how they begin and end. */
export const TEXTS: readonly string[] = [
  '<s>',
  ...[' the', ' a', ' saw', ' and', ' he', 's', 'ing', 'ed', ' red', ' blue', ' cat', ' dog', ' on', ' in', ' of', ' is'],
  ...[' Tom', ' Ann', ' Bob', ' Eve', ' Kim', ' Max', ' Zoe', ' Ian', 'The', 'A', 'He', 'She', 'It', 'Tom', 'Ann', 'Bob'],
  ...['(', ')', '[', ']', '.', ',', ';', ':', '!', '?', '“', '”', '\n', '--', '…', '*'],
  ...['1', '2', '3', '10', '12', '42', '99', ' 7', ' 8', ' 64', ' 100'],
];

const PATTERNS = ['^ ?\\p{Lu}', '^ ', '[0-9]', '^[.,;:!?]$', '[a-z]$'];

/** @returns a source that exports `x` */
export function randomTokenProgram(number: number, context: number): string {
  const random = seededRandom(1000 + number);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const tokens = ['tokens'];
  const bools: string[] = [];
  const lines: string[] = [];
  const define = (pool: string[], value: string): void => {
    const name = `v${lines.length}`;
    lines.push(`${name} = ${value};`);
    pool.push(name);
  };
  // what was defined last is used most
  const late = (pool: readonly string[]): string => pick([pool.at(-1) as string, pick(pool)]);
  const before = (): string => `select(indices, indices, ${pick(['<', '<='])})`;
  const forms: (() => void)[] = [
    () => define(tokens, `aggregate(select(indices, indices - ${pick([1, 1, 2])}, ==), ${late(tokens)}, "-")`),
    () => define(tokens, `aggregate(rightmost(select(${late(bools)}, True, ==) and ${before()}), ${late(tokens)}, "-")`),
    () => define(tokens, `aggregate(rightmost(select(${late(tokens)}, ${late(tokens)}, ==) and ${before()}), ${late(tokens)}, "-")`),
    () => define(tokens, `${late(tokens)} if ${late(bools)} else ${pick([late(tokens), '"-"'])}`),
    () => define(bools, `${late(tokens)} ${pick(['==', '!='])} ${late(tokens)}`),
    () => define(bools, `matches(${late(tokens)}, "${pick(PATTERNS)}")`),
    () => define(bools, `${pick(['', 'not '])}${late(bools)} ${pick(['and', 'or'])} ${late(bools)}`),
  ];
  define(bools, `matches(tokens, "${pick(PATTERNS)}")`);
  define(tokens, 'aggregate(select(indices, indices - 1, ==), tokens, "-")');
  for (let step = 0; step < 3; step++) pick(forms)();
  return `@vocab tokenizer;\n@context ${context};\n@causal;\n${lines.join('\n')}\nx = v${lines.length - 1};\n@export x;\n`;
}

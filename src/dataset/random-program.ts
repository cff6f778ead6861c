/** A random well-typed program as text, made from a seed and a number: graded by how many definitions it has, and without any that nothing reads. */
import { Random } from '../verify/random.ts';

export interface ProgramSetting {
  /** Of letters, each a token. */
  readonly vocabulary: string;
  readonly context: number;
  readonly causal: boolean;
  readonly seed: number;
}

/** Definitions of the easiest programs, and how many grades there are: each has one more. */
const FEWEST = 2;
const GRADES = 8;

const COMPARISONS = ['==', '!=', '<', '>', '<=', '>='] as const;

type Kind = 'token' | 'int' | 'bool' | 'selector';

interface Definition {
  readonly name: string;
  readonly text: string;
  /** The definitions that its text names. */
  readonly uses: readonly string[];
}

/** A term of a text, and the definitions that it names. */
interface Term {
  readonly text: string;
  readonly uses: readonly string[];
}

/** The grade of a program, from 1. */
export function gradeOf(number: number): number {
  return (number % GRADES) + 1;
}

/** The text of candidate `number`: the same for the same setting, whatever else is made. */
export function randomProgram(setting: ProgramSetting, number: number): string {
  return new Writer(setting, new Random(setting.seed, number)).write(FEWEST + gradeOf(number) - 1);
}

class Writer {
  readonly #setting: ProgramSetting;
  readonly #random: Random;
  readonly #definitions: Definition[] = [];
  /** The definitions that a later one names. */
  readonly #read = new Set<string>();
  readonly #pools: Readonly<Record<Kind, Term[]>> = {
    token: [{ text: 'tokens', uses: [] }],
    int: [{ text: 'indices', uses: [] }],
    bool: [],
    selector: [],
  };

  constructor(setting: ProgramSetting, random: Random) {
    this.#setting = setting;
    this.#random = random;
  }

  write(definitions: number): string {
    const makers = [
      () => this.#define('bool', this.#condition()),
      () => this.#define('bool', join`${this.#term('bool')} ${plain(this.#pick(['and', 'or']))} ${this.#term('bool')}`),
      () => this.#define('int', join`${this.#term('int')} ${plain(this.#pick(['+', '-']))} ${plain(String(1 + this.#random.below(2)))}`),
      () => this.#define('int', join`${this.#term('int')} % ${plain(String(2 + this.#random.below(2)))}`),
      () => this.#define('int', join`${this.#term('int')} if ${this.#term('bool')} else ${this.#term('int')}`),
      () => this.#define('token', join`${this.#term('token')} if ${this.#term('bool')} else ${this.#letter()}`),
      () => this.#define('selector', this.#selection()),
      () => this.#define('selector', join`${this.#term('selector')} and ${this.#selection()}`),
      () => this.#define('int', join`selector_width(${this.#term('selector')})`),
      () => this.#define('int', join`selector_width(${this.#term('selector')})`),
      () => this.#define('token', join`aggregate(${this.#single()}, ${this.#term('token')}, ${this.#letter()})`),
      () => this.#define('int', join`aggregate(${this.#single()}, ${this.#term('int')}, 0)`),
      () => this.#define('bool', join`aggregate(${this.#term('selector')}, indicator(${this.#term('bool')})) > 0.5`),
    ];
    // the last has to be a value; before it there may be anything
    while (this.#definitions.length < definitions) this.#pick(makers)();
    while (this.#pools.selector.some(({ text }) => text === this.#definitions.at(-1)?.name)) this.#pick(makers)();
    return this.#text();
  }

  #text(): string {
    const last = this.#definitions.at(-1) as Definition;
    const needed = new Set([last.name]);
    for (const { name, uses } of this.#definitions.toReversed()) if (needed.has(name)) for (const used of uses) needed.add(used);
    const kept = this.#definitions.filter(({ name }) => needed.has(name));
    // numbered anew, so that programs which differ in what is left out are one text
    const names = new Map(kept.map(({ name }, i) => [name, `v${i + 1}`]));
    const renamed = (text: string) => text.replace(/\bv\d+\b/g, (name) => names.get(name) ?? name);
    const { vocabulary, context, causal } = this.#setting;
    return [
      `@vocab "${vocabulary}";`,
      `@context ${context};`,
      ...(causal ? ['@causal;'] : []),
      ...kept.map(({ name, text }) => `${renamed(name)} = ${renamed(text)};`),
      `@export ${renamed(last.name)};`,
      '',
    ].join('\n');
  }

  #define(kind: Kind, { text, uses }: Term): void {
    const name = `v${this.#definitions.length + 1}`;
    this.#definitions.push({ name, text, uses });
    this.#pools[kind].push({ text: name, uses: [name] });
  }

  /** A term at hand, most often one that nothing reads yet; where there is none of the kind, a new definition. */
  #term(kind: Kind): Term {
    const pool = this.#pools[kind];
    if (pool.length === 0) this.#define(kind, kind === 'bool' ? this.#condition() : this.#selection());
    const unread = pool.filter(({ uses }) => uses.length > 0 && !this.#read.has(uses[0] as string));
    const term = this.#random.below(4) > 0 && unread.length > 0 ? (unread.at(-1) as Term) : this.#pick(pool);
    for (const name of term.uses) this.#read.add(name);
    return term;
  }

  #condition(): Term {
    if (this.#random.below(2) === 0) return join`${this.#term('token')} == ${this.#letter()}`;
    const other = this.#random.below(2) === 0 ? plain(String(1 + this.#random.below(3))) : this.#term('int');
    return join`${this.#term('int')} ${plain(this.#pick(COMPARISONS))} ${other}`;
  }

  #selection(): Term {
    switch (this.#random.below(5)) {
      case 0:
        return join`select(${this.#term('token')}, ${this.#term('token')}, ${plain(this.#pick(['==', '!=']))})`;
      case 1:
        return join`select(${this.#term('int')}, ${this.#term('int')}, ${plain(this.#pick(COMPARISONS))})`;
      case 2:
        return join`select(indices, indices - ${plain(String(1 + this.#random.below(2)))}, ==)`;
      case 3:
        return join`select(tokens, ${this.#letter()}, ==)`;
      default:
        return join`select(${this.#condition()}, True, ==)`;
    }
  }

  /** A selector of at most one key. */
  #single(): Term {
    if (this.#random.below(3) === 0) return join`select(indices, indices - ${plain(String(1 + this.#random.below(2)))}, ==)`;
    return join`${plain(this.#pick(['rightmost', 'leftmost']))}(${this.#term('selector')})`;
  }

  #letter(): Term {
    return plain(`"${this.#pick([...this.#setting.vocabulary])}"`);
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#random.below(items.length)] as Item;
  }
}

function plain(text: string): Term {
  return { text, uses: [] };
}

function join(texts: TemplateStringsArray, ...terms: readonly Term[]): Term {
  return {
    text: texts.map((text, i) => text + (terms[i]?.text ?? '')).join(''),
    uses: terms.flatMap(({ uses }) => uses),
  };
}

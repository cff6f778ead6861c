/** What was found, written down as a program: each function once, with the heads and neurons that compute it as a comment. */
import type { Program } from '../../graph/program.ts';
import type { Matched } from '../../match/match-checkpoint.ts';
import { placeOf, saysOf } from './match-report.ts';
import { neuronPlace } from './neuron-report.ts';

interface Found {
  readonly name: string;
  readonly program: Program;
  readonly readsText: boolean;
  readonly places: readonly string[];
}

/** The program of what is over any tokens, and that of what reads what tokens say; null where nothing does: a file has one vocabulary. */
export function emittedPrograms(path: string, matched: Matched): { readonly any: string; readonly text: string | null } {
  const found = new Map<string, Found>();
  const add = ({ name, program, readsText }: Omit<Found, 'places'>, place: string): void => {
    found.set(name, { name, program, readsText, places: [...(found.get(name)?.places ?? []), place] });
  };
  for (const head of matched.heads) {
    const says = saysOf(head);
    const place = `head ${placeOf(head)} (pattern ${head.trial?.fit.overlap.toFixed(2)}${says === null ? '' : `, ${says}`})`;
    if (head.verdict === 'is' && head.candidate !== null) add(head.candidate, place);
  }
  for (const neuron of matched.neurons?.neurons ?? []) {
    const { name, program } = neuron.class;
    const { overlap, sign } = neuron.look.fit;
    const place = `neuron ${neuronPlace(neuron)} (overlap ${overlap.toFixed(2)}${sign === 1 ? '' : ', low'})`;
    if (neuron.verdict === 'is') add({ name, program, readsText: true }, place);
  }
  const [ofText, ofAny] = [true, false].map((wanted) => [...found.values()].filter(({ readsText }) => readsText === wanted));
  return {
    any: programOf(path, 'any', ofAny ?? []),
    text: ofText === undefined || ofText.length === 0 ? null : programOf(path, 'tokenizer', ofText),
  };
}

function programOf(path: string, vocabulary: 'any' | 'tokenizer', found: readonly Found[]): string {
  const defined = new Map<string, string>();
  const parts: string[] = [];
  const exporting = new Set<string>();
  for (const { name, program, places } of found) {
    const statements = statementsOf(program.source.text);
    const clash = statements.find((each) => (defined.get(nameOf(each)) ?? each) !== each);
    if (clash !== undefined) {
      const file = program.source.path.split('/').at(-1);
      parts.push(`# ${name}: ${places.join(', ')}\n# (in ${file}; \`${nameOf(clash)}\` is another thing above)`);
      continue;
    }
    const fresh = statements.filter((each) => !defined.has(nameOf(each)));
    for (const each of fresh) defined.set(nameOf(each), each);
    // a class of a program with several values is called by its name and the value
    const [exported = name] = name.split(' ');
    const fully = exporting.has(exported) ? fresh : [...fresh, `@export ${exported};`];
    exporting.add(exported);
    parts.push([`# ${name}: ${places.join(', ')}`, ...fully].join('\n'));
  }
  const what = vocabulary === 'any' ? 'what its heads compute' : 'what its heads and neurons compute of what tokens say';
  const head = `# Found by \`raspc match\` in ${path}: ${what}, and where.\n\n@vocab ${vocabulary};\n@causal;\n`;
  return `${head}\n${parts.length === 0 ? '# no head computes a known function' : parts.join('\n\n')}\n`;
}

/** Statements that are no directives, each with its semicolon. */
function statementsOf(text: string): string[] {
  return text
    .replace(/^\s*#.*$/gm, '')
    .split(/(?<=;)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '' && !statement.startsWith('@'));
}

function nameOf(statement: string): string {
  return /^\w+/.exec(statement)?.[0] ?? statement;
}

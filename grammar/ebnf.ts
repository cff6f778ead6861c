/** Writes the productions as EBNF, for people and for other tools. Nothing is said twice: this reads the grammar itself. */
import {
  Alternation,
  type Alternative,
  type IProduction,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  type Rule,
  Terminal,
  type TokenType,
} from 'chevrotain';

/** The text of `rasp.ebnf`: one rule a line, then the tokens that are not written literally. */
export function toEbnf(rules: Record<string, Rule>, lexical: readonly TokenType[]): string {
  const names = Object.keys(rules).filter((name) => name !== 'loneExpression');
  const width = Math.max(...names.map((name) => name.length), ...lexical.map((token) => token.name.length));
  const line = (name: string, body: string): string => `${name.padEnd(width)} = ${body} ;`;
  const productions = names.map((name) => line(name, sequence(rules[name]?.definition ?? [])));
  const tokens = lexical.map((token) => line(token.name, `? ${String(token.PATTERN)} ?`));
  return [
    '(* The grammar of RASP and of the directives of raspc, generated from grammar/rasp-grammar.ts. *)',
    '(* White space and comments, from # to the end of the line, may stand between any two tokens. *)',
    '',
    ...productions,
    '',
    ...tokens,
    '',
  ].join('\n');
}

function sequence(parts: readonly IProduction[]): string {
  return parts.map((part) => production(part, parts.length > 1)).join(' , ');
}

function production(part: IProduction, inSequence: boolean): string {
  if (part instanceof NonTerminal) return part.nonTerminalName;
  if (part instanceof Terminal) return terminal(part.terminalType);
  if (part instanceof Option) return `[ ${sequence(part.definition)} ]`;
  if (part instanceof Repetition) return `{ ${sequence(part.definition)} }`;
  if (part instanceof RepetitionMandatory) {
    const body = sequence(part.definition);
    return `${body} , { ${body} }`;
  }
  if (part instanceof Alternation) {
    const alternatives = part.definition.map((alternative) => sequence((alternative as Alternative).definition)).join(' | ');
    return inSequence ? `( ${alternatives} )` : alternatives;
  }
  throw new Error(`no EBNF for ${part.constructor.name}`);
}

function terminal(token: TokenType): string {
  return typeof token.PATTERN === 'string'
    ? quoted(token.PATTERN)
    : token.name.endsWith('Directive')
      ? quoted((token.LABEL ?? '').replaceAll('`', ''))
      : token.name;
}

function quoted(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}

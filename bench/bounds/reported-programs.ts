/**
 * Functions that people wrote in ways that were once refused, or cost a hundred times too much: counts and sums by means, choices between moved
 * values, computed indices, markers, joined questions. Without `@context`.
 */
export interface ReportedProgram {
  readonly name: string;
  readonly text: string;
}

const LETTERS = '"abcdefgh"';
const ALPHABET = '"abcdefghijklmnopqrstuvwxyz"';
const SIXTEEN = '"abcdefghijklmnop"';
const BRACKETS = '"()ab"';
const FEW = 'range(0, 5)';
const SIGNED = 'range(-2, 16)';

const BEFORE_AND_NEXT =
  'p = aggregate(select(indices, indices - 1, ==), tokens, "-"); n = aggregate(select(indices, indices + 1, ==), tokens, "-");';
const UP_TO_HERE = 's = select(indices, indices, <=);';

export const REPORTED: readonly ReportedProgram[] = [
  causal('count by a mean', LETTERS, `${UP_TO_HERE} y = round((indices + 1) * aggregate(s, indicator(tokens == "a")));`),
  bidirectional('count by a mean over all', LETTERS, 'y = round(length * aggregate(full_s, indicator(tokens == "a")));'),
  causal('sum by a mean', FEW, `${UP_TO_HERE} y = round((indices + 1) * aggregate(s, tokens_int));`),
  bidirectional('length by a mean', LETTERS, 'y = round(1 / aggregate(full_s, indicator(indices == 0)));'),
  causal(
    'distinct so far by a mean',
    LETTERS,
    `${UP_TO_HERE} again = has_focus(select(tokens, tokens, ==) and select(indices, indices, <)); y = round((indices + 1) * aggregate(s, indicator(not again)));`,
  ),
  causal(
    'depth by means',
    BRACKETS,
    `${UP_TO_HERE} opened = round((indices + 1) * aggregate(s, indicator(tokens == "("))); closed = round((indices + 1) * aggregate(s, indicator(tokens == ")"))); y = opened - closed;`,
  ),
  causal('share of one letter', ALPHABET, 'y = aggregate(full_s, indicator(tokens == "a"));'),
  bidirectional('choice by thirds', ALPHABET, `${BEFORE_AND_NEXT} y = tokens if indices % 3 == 0 else (n if indices % 3 == 1 else p);`),
  bidirectional('neighbours exchanged', SIXTEEN, `${BEFORE_AND_NEXT} y = n if indices % 2 == 0 else p;`),
  moved('two ahead, by a condition', 'indices + 2 if indices + 2 < length else indices + 2 - length'),
  moved('two ahead, around', '(indices + 2) % length'),
  moved('ends exchanged', 'length - 1 if indices == 0 else (0 if indices == length - 1 else indices)'),
  moved('halves exchanged', '(indices + round((length - length % 2) / 2)) % length'),
  moved('mirrored about a centre', '2 * ((length - 1) / 2) - indices'),
  bidirectional(
    'three back, or around',
    ALPHABET,
    'y = aggregate(select(indices, indices - 3, ==) or select(indices, indices + length - 3, ==), tokens, "-");',
  ),
  causal(
    'number after a marker',
    SIGNED,
    'at = max_over(full_s, indices if tokens_int == -1 else -2, -2); y = aggregate(select(indices, at + 1, ==), tokens_int, -2);',
  ),
  bidirectional(
    'where the next equal token is',
    ALPHABET,
    'y = min_over(select(tokens, tokens, ==) and select(indices, indices, >), indices, -1);',
  ),
  causal(
    'joined questions',
    ALPHABET,
    `y = ${[...'abcdefghijklm'].map((letter) => `has_focus(select(tokens, "${letter}", ==))`).join(' or ')};`,
  ),
  bidirectional(
    'reversed up to the only marker',
    '"$abcdefgh"',
    '@assume selector_width(select(tokens, "$", ==)) == 1; at = aggregate(select(tokens, "$", ==), indices); y = aggregate(select(indices, at - 1 - indices, ==), tokens, "-");',
  ),
];

function moved(name: string, index: string): ReportedProgram {
  return bidirectional(name, ALPHABET, `y = aggregate(select(indices, ${index}, ==), tokens, "-");`);
}

function causal(name: string, vocabulary: string, body: string): ReportedProgram {
  return { name, text: `@vocab ${vocabulary};\n@causal;\n${body}\n@export y;\n` };
}

function bidirectional(name: string, vocabulary: string, body: string): ReportedProgram {
  return { name, text: `@vocab ${vocabulary};\n@bidirectional;\n${body}\n@export y;\n` };
}

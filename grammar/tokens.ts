/**
 * The words of RASP and of the dialect's directives. Where RASP's own lexer makes one token of a word and its parenthesis
 * (`select(`), so does this one. Tokens of the last group are never right: the lexer knows them so that the parser can go on
 * as if something right stood there, and one exact message be given.
 */
import { createToken, Lexer, type TokenType } from 'chevrotain';

export const Identifier = createToken({ name: 'Identifier', pattern: /[a-zA-Z_][a-zA-Z_0-9]*/, label: 'a name' });

const keyword = (name: string, word: string): TokenType =>
  createToken({ name, pattern: word, longer_alt: Identifier, label: `\`${word}\`` });
const symbol = (name: string, pattern: string): TokenType => createToken({ name, pattern, label: `\`${pattern}\`` });

export const WhiteSpace = createToken({ name: 'WhiteSpace', pattern: /[ \t\r\n]+/, group: Lexer.SKIPPED, line_breaks: true });
export const Comment = createToken({ name: 'Comment', pattern: /#[^\r\n]*/, group: 'comments' });

export const Str = createToken({ name: 'String', pattern: /"[^"\r\n]*"/, label: 'a string' });
export const Float = createToken({ name: 'Float', pattern: /[0-9]+\.[0-9]+/, label: 'a number' });
export const Int = createToken({ name: 'Int', pattern: /[0-9]+/, label: 'a number' });

export const SOp = createToken({ name: 'SOp', pattern: 's-op', label: '`s-op`' });
export const FullSeqDisplay = createToken({
  name: 'FullSeqDisplay',
  pattern: 'full seq display',
  longer_alt: Identifier,
  label: '`full seq display`',
});
export const SelectOpen = symbol('SelectOpen', 'select(');
export const AggregateOpen = symbol('AggregateOpen', 'aggregate(');
export const RangeOpen = symbol('RangeOpen', 'range(');
export const ZipOpen = symbol('ZipOpen', 'zip(');
export const LenOpen = symbol('LenOpen', 'len(');

export const Examples = keyword('Examples', 'examples');
export const Example = keyword('Example', 'example');
export const Selector = keyword('Selector', 'selector');
export const SetWord = keyword('Set', 'set');
export const Show = keyword('Show', 'show');
export const On = keyword('On', 'on');
export const Off = keyword('Off', 'off');
export const Load = keyword('Load', 'load');
export const Draw = keyword('Draw', 'draw');
export const Exit = keyword('Exit', 'exit');
export const Quit = keyword('Quit', 'quit');
export const Def = keyword('Def', 'def');
export const Return = keyword('Return', 'return');
export const For = keyword('For', 'for');
export const In = keyword('In', 'in');
export const If = keyword('If', 'if');
export const Else = keyword('Else', 'else');
export const Not = keyword('Not', 'not');
export const And = keyword('And', 'and');
export const Or = keyword('Or', 'or');
export const Round = keyword('Round', 'round');
export const Indicator = keyword('Indicator', 'indicator');

/** Words that cannot be names. */
export const KEYWORDS: readonly TokenType[] = [
  SOp,
  Examples,
  Example,
  Selector,
  SetWord,
  Show,
  On,
  Off,
  Load,
  Draw,
  Exit,
  Quit,
  Def,
  Return,
  For,
  Indicator,
  In,
  If,
  Else,
  Not,
  And,
  Or,
  Round,
];

export const LParen = symbol('LParen', '(');
export const RParen = symbol('RParen', ')');
export const LBracket = symbol('LBracket', '[');
export const RBracket = symbol('RBracket', ']');
export const LBrace = symbol('LBrace', '{');
export const RBrace = symbol('RBrace', '}');
export const Comma = symbol('Comma', ',');
export const Semicolon = symbol('Semicolon', ';');
export const Colon = symbol('Colon', ':');

export const Equal = symbol('Equal', '==');
export const NotEqual = symbol('NotEqual', '!=');
export const LessEqual = symbol('LessEqual', '<=');
export const GreaterEqual = symbol('GreaterEqual', '>=');
export const Less = symbol('Less', '<');
export const Greater = symbol('Greater', '>');
export const Assign = symbol('Assign', '=');
export const Plus = symbol('Plus', '+');
export const Minus = symbol('Minus', '-');
export const Times = symbol('Times', '*');
export const Divide = symbol('Divide', '/');
export const Modulo = symbol('Modulo', '%');
export const Power = symbol('Power', '^');

const directive = (name: string, word: string): TokenType =>
  createToken({ name, pattern: new RegExp(`${word}(?![a-zA-Z_0-9])`), start_chars_hint: ['@'], label: `\`${word}\`` });
export const VocabDirective = directive('VocabDirective', '@vocab');
export const ContextDirective = directive('ContextDirective', '@context');
export const CausalDirective = directive('CausalDirective', '@causal');
export const BidirectionalDirective = directive('BidirectionalDirective', '@bidirectional');
export const ExportDirective = directive('ExportDirective', '@export');
export const ExampleDirective = directive('ExampleDirective', '@example');
export const AssumeDirective = directive('AssumeDirective', '@assume');
export const StepDirective = directive('StepDirective', '@step');
export const HaltDirective = directive('HaltDirective', '@halt');
/** Every directive, in the order in which they are told. */
export const DIRECTIVES: readonly TokenType[] = [
  VocabDirective,
  ContextDirective,
  CausalDirective,
  BidirectionalDirective,
  ExportDirective,
  ExampleDirective,
  AssumeDirective,
  StepDirective,
  HaltDirective,
];
export const UnknownDirective = createToken({ name: 'UnknownDirective', pattern: /@[a-zA-Z_0-9]*/, label: 'a directive' });

export const UnterminatedString = createToken({ name: 'UnterminatedString', pattern: /"[^"\r\n]*/, categories: Str });
export const SingleQuotedString = createToken({ name: 'SingleQuotedString', pattern: /'[^'\r\n]*'/, categories: Str });
/** `1.`, `.5`, `1e3`, `0x1f`, `1_000`: no legal program has a digit followed by such letters. */
export const MalformedNumber = createToken({
  name: 'MalformedNumber',
  pattern: /0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+|[0-9]+(?:_[0-9]+)+|[0-9]+\.(?![0-9])|\.[0-9]+/,
  start_chars_hint: ['.', ...'0123456789'],
  categories: Float,
});
/** Operators of other languages, taken for the nearest of ours. */
export const ForeignOperator = createToken({ name: 'ForeignOperator', pattern: /\*\*|\/\/|&&?|\|\|?|<>|=>|=</, categories: Plus });

/** In the order in which the lexer tries them. */
export const TOKENS: readonly TokenType[] = [
  WhiteSpace,
  Comment,
  Str,
  SingleQuotedString,
  UnterminatedString,
  MalformedNumber,
  Float,
  Int,
  SelectOpen,
  AggregateOpen,
  RangeOpen,
  ZipOpen,
  LenOpen,
  FullSeqDisplay,
  ...KEYWORDS,
  Identifier,
  ForeignOperator,
  Equal,
  NotEqual,
  LessEqual,
  GreaterEqual,
  Less,
  Greater,
  Assign,
  Plus,
  Minus,
  Times,
  Divide,
  Modulo,
  Power,
  LParen,
  RParen,
  LBracket,
  RBracket,
  LBrace,
  RBrace,
  Comma,
  Semicolon,
  Colon,
  ...DIRECTIVES,
  UnknownDirective,
];

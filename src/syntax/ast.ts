/**
 * The abstract syntax of RASP: what a file says, without comments, brackets that only group, and layout. Nodes never change,
 * and each knows the span of source it came from.
 */
import type { SourceFile, Span } from '../source/source-file.ts';

interface Node {
  readonly span: Span;
}

export type ComparisonSign = '==' | '!=' | '<' | '>' | '<=' | '>=';
export type BinarySign = '+' | '-' | '*' | '/' | '%' | '^' | 'and' | 'or' | ComparisonSign;
export type UnarySign = 'not' | '-' | '+' | 'round' | 'indicator';

export interface Name extends Node {
  readonly kind: 'name';
  readonly name: string;
}
export interface IntLiteral extends Node {
  readonly kind: 'int';
  readonly value: bigint;
}
export interface FloatLiteral extends Node {
  readonly kind: 'float';
  readonly value: number;
  /** As written, since a float has many spellings. */
  readonly text: string;
}
export interface StringLiteral extends Node {
  readonly kind: 'string';
  readonly value: string;
}
export interface ListLiteral extends Node {
  readonly kind: 'list';
  readonly items: readonly Expression[];
}
export interface DictionaryLiteral extends Node {
  readonly kind: 'dictionary';
  readonly entries: readonly { readonly key: Expression; readonly value: Expression }[];
}
/** `for variables in iterable`, inside brackets. */
export interface Generator {
  readonly variables: readonly Name[];
  readonly iterable: Expression;
}
export interface ListComprehension extends Node {
  readonly kind: 'list-comprehension';
  readonly element: Expression;
  readonly generator: Generator;
}
export interface DictionaryComprehension extends Node {
  readonly kind: 'dictionary-comprehension';
  readonly key: Expression;
  readonly value: Expression;
  readonly generator: Generator;
}
export interface SelectForm extends Node {
  readonly kind: 'select';
  readonly keys: Expression;
  readonly queries: Expression;
  readonly operator: ComparisonSign;
}
export interface AggregateForm extends Node {
  readonly kind: 'aggregate';
  readonly selector: Expression;
  readonly value: Expression;
  readonly default: Expression | null;
}
export interface ListForm extends Node {
  readonly kind: 'range' | 'zip' | 'len';
  readonly args: readonly Expression[];
}
export interface Index extends Node {
  readonly kind: 'index';
  readonly subject: Expression;
  readonly index: Expression;
}
/** A call of a function, or an application of an s-op or a selector to an input: only the value of `callee` tells. */
export interface Call extends Node {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly args: readonly Expression[];
}
export interface Unary extends Node {
  readonly kind: 'unary';
  readonly operator: UnarySign;
  readonly operand: Expression;
}
export interface Binary extends Node {
  readonly kind: 'binary';
  readonly operator: BinarySign;
  readonly left: Expression;
  readonly right: Expression;
}
/** `consequent if condition else otherwise` */
export interface Choose extends Node {
  readonly kind: 'choose';
  readonly condition: Expression;
  readonly consequent: Expression;
  readonly otherwise: Expression;
}
/** `element in container` */
export interface Member extends Node {
  readonly kind: 'member';
  readonly element: Expression;
  readonly container: Expression;
}

export type Expression =
  | Name
  | IntLiteral
  | FloatLiteral
  | StringLiteral
  | ListLiteral
  | DictionaryLiteral
  | ListComprehension
  | DictionaryComprehension
  | SelectForm
  | AggregateForm
  | ListForm
  | Index
  | Call
  | Unary
  | Binary
  | Choose
  | Member;

export interface ExpressionStatement extends Node {
  readonly kind: 'expression-statement';
  readonly expression: Expression;
}
export interface Assignment extends Node {
  readonly kind: 'assignment';
  readonly targets: readonly Name[];
  readonly values: readonly Expression[];
}
export interface FunctionDefinition extends Node {
  readonly kind: 'function';
  readonly name: Name;
  readonly parameters: readonly Name[];
  readonly body: readonly BlockStatement[];
  /** The values after `return`; several make a list. */
  readonly results: readonly Expression[];
}
export interface ForLoop extends Node {
  readonly kind: 'for';
  readonly generator: Generator;
  readonly body: readonly BlockStatement[];
}
export interface Load extends Node {
  readonly kind: 'load';
  readonly path: StringLiteral;
}
export interface Draw extends Node {
  readonly kind: 'draw';
  readonly subject: Expression;
  readonly input: Expression | null;
}
/** What may also stand inside a function or a loop. */
export type BlockStatement = ExpressionStatement | Assignment | FunctionDefinition | ForLoop | Load | Draw;

/** Which of the two running examples a statement of the REPL is about. */
export type ExampleKind = 's-op' | 'selector' | 'both';
export interface SetExample extends Node {
  readonly kind: 'set-example';
  readonly which: ExampleKind;
  readonly value: Expression;
}
export interface ShowExample extends Node {
  readonly kind: 'show-example';
  readonly which: ExampleKind;
}
export interface ToggleExamples extends Node {
  readonly kind: 'toggle-examples';
  readonly which: ExampleKind;
  readonly on: boolean;
}
export interface ToggleFullDisplay extends Node {
  readonly kind: 'toggle-full-display';
  readonly on: boolean;
}
export interface Exit extends Node {
  readonly kind: 'exit';
}
export type ReplStatement = SetExample | ShowExample | ToggleExamples | ToggleFullDisplay | Exit;

/** Any tokens, or those of a tokenizer that is named when the program is used. */
export type OpenVocabulary = 'any' | 'tokenizer';
export interface VocabDirective extends Node {
  readonly kind: 'vocab-directive';
  readonly vocabulary: Expression | OpenVocabulary;
}
export interface ContextDirective extends Node {
  readonly kind: 'context-directive';
  readonly length: Expression;
}
export interface DirectionDirective extends Node {
  readonly kind: 'direction-directive';
  readonly causal: boolean;
}
export interface ExportDirective extends Node {
  readonly kind: 'export-directive';
  readonly name: Name;
}
export interface ExampleDirective extends Node {
  readonly kind: 'example-directive';
  readonly name: Name;
  readonly input: Expression;
  readonly expected: Expression;
}
/** Only inputs on which the condition holds at every position are the program's. */
export interface AssumeDirective extends Node {
  readonly kind: 'assume-directive';
  readonly condition: Expression;
}
/** What is appended to the input, for the program to run on its own output. */
export interface StepDirective extends Node {
  readonly kind: 'step-directive';
  readonly name: Name;
}
export interface HaltDirective extends Node {
  readonly kind: 'halt-directive';
  readonly value: Expression;
}
export type Directive =
  | VocabDirective
  | ContextDirective
  | DirectionDirective
  | ExportDirective
  | ExampleDirective
  | AssumeDirective
  | StepDirective
  | HaltDirective;

export type Statement = BlockStatement | ReplStatement | Directive;

export interface Module {
  readonly kind: 'module';
  readonly file: SourceFile;
  readonly statements: readonly Statement[];
}

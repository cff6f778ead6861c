/** The shape of the concrete syntax tree, generated from the productions in rasp-grammar.ts. */
import type { CstNode, ICstVisitor, IToken } from "chevrotain";

export interface ProgramCstNode extends CstNode {
  name: "program";
  children: ProgramCstChildren;
}

export type ProgramCstChildren = {
  statement?: StatementCstNode[];
};

export interface StatementCstNode extends CstNode {
  name: "statement";
  children: StatementCstChildren;
}

export type StatementCstChildren = {
  blockStatement?: BlockStatementCstNode[];
  setExample?: SetExampleCstNode[];
  showExample?: ShowExampleCstNode[];
  toggleExamples?: ToggleExamplesCstNode[];
  toggleFullDisplay?: ToggleFullDisplayCstNode[];
  exit?: ExitCstNode[];
  directive?: DirectiveCstNode[];
};

export interface BlockStatementCstNode extends CstNode {
  name: "blockStatement";
  children: BlockStatementCstChildren;
}

export type BlockStatementCstChildren = {
  functionDefinition?: FunctionDefinitionCstNode[];
  forLoop?: ForLoopCstNode[];
  load?: LoadCstNode[];
  draw?: DrawCstNode[];
  assignment?: AssignmentCstNode[];
  expressionStatement?: ExpressionStatementCstNode[];
};

export interface FunctionDefinitionCstNode extends CstNode {
  name: "functionDefinition";
  children: FunctionDefinitionCstChildren;
}

export type FunctionDefinitionCstChildren = {
  Def: IToken[];
  Identifier: IToken[];
  LParen: IToken[];
  names?: NamesCstNode[];
  RParen: IToken[];
  LBrace: IToken[];
  blockStatement?: BlockStatementCstNode[];
  returnStatement: ReturnStatementCstNode[];
  RBrace: IToken[];
};

export interface ReturnStatementCstNode extends CstNode {
  name: "returnStatement";
  children: ReturnStatementCstChildren;
}

export type ReturnStatementCstChildren = {
  Return: IToken[];
  expressions: ExpressionsCstNode[];
  Semicolon: IToken[];
};

export interface ForLoopCstNode extends CstNode {
  name: "forLoop";
  children: ForLoopCstChildren;
}

export type ForLoopCstChildren = {
  For: IToken[];
  names: NamesCstNode[];
  In: IToken[];
  expression: ExpressionCstNode[];
  LBrace: IToken[];
  blockStatement: BlockStatementCstNode[];
  RBrace: IToken[];
};

export interface LoadCstNode extends CstNode {
  name: "load";
  children: LoadCstChildren;
}

export type LoadCstChildren = {
  Load: IToken[];
  String: IToken[];
  Semicolon: IToken[];
};

export interface DrawCstNode extends CstNode {
  name: "draw";
  children: DrawCstChildren;
}

export type DrawCstChildren = {
  Draw: IToken[];
  LParen: IToken[];
  expression: (ExpressionCstNode)[];
  Comma?: IToken[];
  RParen: IToken[];
  Semicolon: IToken[];
};

export interface AssignmentCstNode extends CstNode {
  name: "assignment";
  children: AssignmentCstChildren;
}

export type AssignmentCstChildren = {
  names: NamesCstNode[];
  Assign: IToken[];
  expressions: ExpressionsCstNode[];
  Semicolon: IToken[];
};

export interface ExpressionStatementCstNode extends CstNode {
  name: "expressionStatement";
  children: ExpressionStatementCstChildren;
}

export type ExpressionStatementCstChildren = {
  expression: ExpressionCstNode[];
  Semicolon: IToken[];
};

export interface SetExampleCstNode extends CstNode {
  name: "setExample";
  children: SetExampleCstChildren;
}

export type SetExampleCstChildren = {
  Set: IToken[];
  exampleKind?: ExampleKindCstNode[];
  Example: IToken[];
  expression: ExpressionCstNode[];
};

export interface ShowExampleCstNode extends CstNode {
  name: "showExample";
  children: ShowExampleCstChildren;
}

export type ShowExampleCstChildren = {
  Show: IToken[];
  exampleKind?: ExampleKindCstNode[];
  Example: IToken[];
};

export interface ToggleExamplesCstNode extends CstNode {
  name: "toggleExamples";
  children: ToggleExamplesCstChildren;
}

export type ToggleExamplesCstChildren = {
  exampleKind?: ExampleKindCstNode[];
  Examples: IToken[];
  toggle: ToggleCstNode[];
};

export interface ToggleFullDisplayCstNode extends CstNode {
  name: "toggleFullDisplay";
  children: ToggleFullDisplayCstChildren;
}

export type ToggleFullDisplayCstChildren = {
  FullSeqDisplay: IToken[];
  toggle: ToggleCstNode[];
};

export interface ExampleKindCstNode extends CstNode {
  name: "exampleKind";
  children: ExampleKindCstChildren;
}

export type ExampleKindCstChildren = {
  word?: (IToken)[];
};

export interface ToggleCstNode extends CstNode {
  name: "toggle";
  children: ToggleCstChildren;
}

export type ToggleCstChildren = {
  word?: (IToken)[];
};

export interface ExitCstNode extends CstNode {
  name: "exit";
  children: ExitCstChildren;
}

export type ExitCstChildren = {
  word?: (IToken)[];
  LParen?: IToken[];
  RParen?: IToken[];
};

export interface DirectiveCstNode extends CstNode {
  name: "directive";
  children: DirectiveCstChildren;
}

export type DirectiveCstChildren = {
  vocabDirective?: VocabDirectiveCstNode[];
  contextDirective?: ContextDirectiveCstNode[];
  directionDirective?: DirectionDirectiveCstNode[];
  exportDirective?: ExportDirectiveCstNode[];
  exampleDirective?: ExampleDirectiveCstNode[];
  assumeDirective?: AssumeDirectiveCstNode[];
  stepDirective?: StepDirectiveCstNode[];
  haltDirective?: HaltDirectiveCstNode[];
};

export interface VocabDirectiveCstNode extends CstNode {
  name: "vocabDirective";
  children: VocabDirectiveCstChildren;
}

export type VocabDirectiveCstChildren = {
  VocabDirective: IToken[];
  expression: ExpressionCstNode[];
  Semicolon: IToken[];
};

export interface ContextDirectiveCstNode extends CstNode {
  name: "contextDirective";
  children: ContextDirectiveCstChildren;
}

export type ContextDirectiveCstChildren = {
  ContextDirective: IToken[];
  expression: ExpressionCstNode[];
  Semicolon: IToken[];
};

export interface DirectionDirectiveCstNode extends CstNode {
  name: "directionDirective";
  children: DirectionDirectiveCstChildren;
}

export type DirectionDirectiveCstChildren = {
  word?: (IToken)[];
  Semicolon: IToken[];
};

export interface ExportDirectiveCstNode extends CstNode {
  name: "exportDirective";
  children: ExportDirectiveCstChildren;
}

export type ExportDirectiveCstChildren = {
  ExportDirective: IToken[];
  Identifier: IToken[];
  Semicolon: IToken[];
};

export interface ExampleDirectiveCstNode extends CstNode {
  name: "exampleDirective";
  children: ExampleDirectiveCstChildren;
}

export type ExampleDirectiveCstChildren = {
  ExampleDirective: IToken[];
  Identifier: IToken[];
  LParen: IToken[];
  expression: (ExpressionCstNode)[];
  RParen: IToken[];
  Equal: IToken[];
  Semicolon: IToken[];
};

export interface AssumeDirectiveCstNode extends CstNode {
  name: "assumeDirective";
  children: AssumeDirectiveCstChildren;
}

export type AssumeDirectiveCstChildren = {
  AssumeDirective: IToken[];
  expression: ExpressionCstNode[];
  Semicolon: IToken[];
};

export interface StepDirectiveCstNode extends CstNode {
  name: "stepDirective";
  children: StepDirectiveCstChildren;
}

export type StepDirectiveCstChildren = {
  StepDirective: IToken[];
  Identifier: IToken[];
  Semicolon: IToken[];
};

export interface HaltDirectiveCstNode extends CstNode {
  name: "haltDirective";
  children: HaltDirectiveCstChildren;
}

export type HaltDirectiveCstChildren = {
  HaltDirective: IToken[];
  expression: ExpressionCstNode[];
  Semicolon: IToken[];
};

export interface NamesCstNode extends CstNode {
  name: "names";
  children: NamesCstChildren;
}

export type NamesCstChildren = {
  Identifier: (IToken)[];
  Comma?: IToken[];
};

export interface ExpressionsCstNode extends CstNode {
  name: "expressions";
  children: ExpressionsCstChildren;
}

export type ExpressionsCstChildren = {
  expression: (ExpressionCstNode)[];
  Comma?: IToken[];
};

export interface ExpressionCstNode extends CstNode {
  name: "expression";
  children: ExpressionCstChildren;
}

export type ExpressionCstChildren = {
  choice: (ChoiceCstNode)[];
  In?: IToken[];
};

export interface ChoiceCstNode extends CstNode {
  name: "choice";
  children: ChoiceCstChildren;
}

export type ChoiceCstChildren = {
  logical: (LogicalCstNode)[];
  If?: IToken[];
  expression?: ExpressionCstNode[];
  Else?: IToken[];
};

export interface LogicalCstNode extends CstNode {
  name: "logical";
  children: LogicalCstChildren;
}

export type LogicalCstChildren = {
  comparison: (ComparisonCstNode)[];
  operator?: (IToken)[];
};

export interface ComparisonCstNode extends CstNode {
  name: "comparison";
  children: ComparisonCstChildren;
}

export type ComparisonCstChildren = {
  sum: (SumCstNode)[];
  comparisonOperator?: ComparisonOperatorCstNode[];
};

export interface ComparisonOperatorCstNode extends CstNode {
  name: "comparisonOperator";
  children: ComparisonOperatorCstChildren;
}

export type ComparisonOperatorCstChildren = {
  operator?: (IToken)[];
};

export interface SumCstNode extends CstNode {
  name: "sum";
  children: SumCstChildren;
}

export type SumCstChildren = {
  modulo: (ModuloCstNode)[];
  operator?: (IToken)[];
};

export interface ModuloCstNode extends CstNode {
  name: "modulo";
  children: ModuloCstChildren;
}

export type ModuloCstChildren = {
  product: (ProductCstNode)[];
  operator?: IToken[];
};

export interface ProductCstNode extends CstNode {
  name: "product";
  children: ProductCstChildren;
}

export type ProductCstChildren = {
  power: (PowerCstNode)[];
  operator?: (IToken)[];
};

export interface PowerCstNode extends CstNode {
  name: "power";
  children: PowerCstChildren;
}

export type PowerCstChildren = {
  unary: (UnaryCstNode)[];
  operator?: IToken[];
};

export interface UnaryCstNode extends CstNode {
  name: "unary";
  children: UnaryCstChildren;
}

export type UnaryCstChildren = {
  operator?: (IToken)[];
  postfix: PostfixCstNode[];
};

export interface PostfixCstNode extends CstNode {
  name: "postfix";
  children: PostfixCstChildren;
}

export type PostfixCstChildren = {
  primary: PrimaryCstNode[];
  suffix?: (IndexCstNode | CallCstNode)[];
};

export interface IndexCstNode extends CstNode {
  name: "index";
  children: IndexCstChildren;
}

export type IndexCstChildren = {
  LBracket: IToken[];
  expression: ExpressionCstNode[];
  RBracket: IToken[];
};

export interface CallCstNode extends CstNode {
  name: "call";
  children: CallCstChildren;
}

export type CallCstChildren = {
  LParen: IToken[];
  expression?: (ExpressionCstNode)[];
  Comma?: IToken[];
  comparisonOperator?: ComparisonOperatorCstNode[];
  RParen: IToken[];
};

export interface PrimaryCstNode extends CstNode {
  name: "primary";
  children: PrimaryCstChildren;
}

export type PrimaryCstChildren = {
  Identifier?: IToken[];
  Int?: IToken[];
  Float?: IToken[];
  String?: IToken[];
  group?: GroupCstNode[];
  list?: ListCstNode[];
  dictionary?: DictionaryCstNode[];
  select?: SelectCstNode[];
  aggregate?: AggregateCstNode[];
  listForm?: ListFormCstNode[];
  unaryForm?: UnaryFormCstNode[];
};

export interface GroupCstNode extends CstNode {
  name: "group";
  children: GroupCstChildren;
}

export type GroupCstChildren = {
  LParen: IToken[];
  expression: ExpressionCstNode[];
  RParen: IToken[];
};

export interface ListCstNode extends CstNode {
  name: "list";
  children: ListCstChildren;
}

export type ListCstChildren = {
  LBracket: IToken[];
  expression?: (ExpressionCstNode)[];
  comprehension?: ComprehensionCstNode[];
  Comma?: IToken[];
  RBracket: IToken[];
};

export interface DictionaryCstNode extends CstNode {
  name: "dictionary";
  children: DictionaryCstChildren;
}

export type DictionaryCstChildren = {
  LBrace: IToken[];
  entry?: (EntryCstNode)[];
  comprehension?: ComprehensionCstNode[];
  Comma?: IToken[];
  RBrace: IToken[];
};

export interface EntryCstNode extends CstNode {
  name: "entry";
  children: EntryCstChildren;
}

export type EntryCstChildren = {
  expression: (ExpressionCstNode)[];
  Colon: IToken[];
};

export interface ComprehensionCstNode extends CstNode {
  name: "comprehension";
  children: ComprehensionCstChildren;
}

export type ComprehensionCstChildren = {
  For: IToken[];
  names: NamesCstNode[];
  In: IToken[];
  expression: ExpressionCstNode[];
};

export interface SelectCstNode extends CstNode {
  name: "select";
  children: SelectCstChildren;
}

export type SelectCstChildren = {
  SelectOpen: IToken[];
  expression: (ExpressionCstNode)[];
  Comma: (IToken)[];
  comparisonOperator: ComparisonOperatorCstNode[];
  RParen: IToken[];
};

export interface AggregateCstNode extends CstNode {
  name: "aggregate";
  children: AggregateCstChildren;
}

export type AggregateCstChildren = {
  AggregateOpen: IToken[];
  expression: (ExpressionCstNode)[];
  Comma: (IToken)[];
  RParen: IToken[];
};

export interface ListFormCstNode extends CstNode {
  name: "listForm";
  children: ListFormCstChildren;
}

export type ListFormCstChildren = {
  open?: (IToken)[];
  expressions?: ExpressionsCstNode[];
  expression?: ExpressionCstNode[];
  RParen: IToken[];
};

export interface UnaryFormCstNode extends CstNode {
  name: "unaryForm";
  children: UnaryFormCstChildren;
}

export type UnaryFormCstChildren = {
  operator?: (IToken)[];
  LParen: IToken[];
  expression: ExpressionCstNode[];
  RParen: IToken[];
};

export interface LoneExpressionCstNode extends CstNode {
  name: "loneExpression";
  children: LoneExpressionCstChildren;
}

export type LoneExpressionCstChildren = {
  expression: ExpressionCstNode[];
  Semicolon?: IToken[];
};

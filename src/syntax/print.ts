/**
 * Abstract syntax as text that parses back to the same tree: one statement a line, blocks indented, parentheses only where
 * precedence asks for them.
 */
import type * as ast from './ast.ts';

export function printModule(module: ast.Module): string {
  return module.statements.map((statement) => `${printStatement(statement)}\n`).join('');
}

export function printStatement(statement: ast.Statement, indent = ''): string {
  switch (statement.kind) {
    case 'expression-statement':
      return `${indent}${printExpression(statement.expression)};`;
    case 'assignment':
      return `${indent}${names(statement.targets)} = ${list(statement.values)};`;
    case 'function': {
      const head = `${indent}def ${called(statement.name.name)}(${names(statement.parameters)}) {\n`;
      return `${head}${block(statement.body, indent)}${indent}  return ${list(statement.results)};\n${indent}}`;
    }
    case 'for':
      return `${indent}for ${generator(statement.generator)} {\n${block(statement.body, indent)}${indent}}`;
    case 'load':
      return `${indent}load ${printExpression(statement.path)};`;
    case 'draw':
      return `${indent}draw(${list(statement.input === null ? [statement.subject] : [statement.subject, statement.input])});`;
    case 'set-example':
      return `set ${which(statement.which)}example ${printExpression(statement.value)}`;
    case 'show-example':
      return `show ${which(statement.which)}example`;
    case 'toggle-examples':
      return `${which(statement.which)}examples ${statement.on ? 'on' : 'off'}`;
    case 'toggle-full-display':
      return `full seq display ${statement.on ? 'on' : 'off'}`;
    case 'exit':
      return 'exit';
    case 'vocab-directive':
      return `@vocab ${typeof statement.vocabulary === 'string' ? statement.vocabulary : printExpression(statement.vocabulary)};`;
    case 'assume-directive':
      return `@assume ${printExpression(statement.condition)};`;
    case 'step-directive':
      return `@step ${statement.name.name};`;
    case 'halt-directive':
      return `@halt ${printExpression(statement.value)};`;
    case 'context-directive':
      return `@context ${printExpression(statement.length)};`;
    case 'direction-directive':
      return statement.causal ? '@causal;' : '@bidirectional;';
    case 'export-directive':
      return `@export ${statement.name.name};`;
    case 'example-directive':
      return `@example ${called(statement.name.name)}(${printExpression(statement.input)}) == ${printExpression(statement.expected)};`;
  }
}

function block(body: readonly ast.BlockStatement[], indent: string): string {
  return body.map((statement) => `${printStatement(statement, `${indent}  `)}\n`).join('');
}

function which(kind: ast.ExampleKind): string {
  return kind === 'both' ? '' : `${kind} `;
}

function names(identifiers: readonly ast.Name[]): string {
  return identifiers.map(({ name }) => name).join(', ');
}

function list(expressions: readonly ast.Expression[]): string {
  return expressions.map((expression) => printExpression(expression)).join(', ');
}

function generator({ variables, iterable }: ast.Generator): string {
  return `${names(variables)} in ${printExpression(iterable)}`;
}

/** How tightly an expression binds, by the levels of the grammar; larger is tighter. */
const LEVEL = { member: 0, choose: 1, logical: 2, comparison: 3, sum: 4, modulo: 5, product: 6, power: 7, unary: 8, postfix: 9 } as const;

const OPERATOR_LEVEL: Readonly<Record<ast.BinarySign, number>> = {
  and: LEVEL.logical,
  or: LEVEL.logical,
  '==': LEVEL.comparison,
  '!=': LEVEL.comparison,
  '<': LEVEL.comparison,
  '>': LEVEL.comparison,
  '<=': LEVEL.comparison,
  '>=': LEVEL.comparison,
  '+': LEVEL.sum,
  '-': LEVEL.sum,
  '%': LEVEL.modulo,
  '*': LEVEL.product,
  '/': LEVEL.product,
  '^': LEVEL.power,
};

function levelOf(expression: ast.Expression): number {
  switch (expression.kind) {
    case 'member':
      return LEVEL.member;
    case 'choose':
      return LEVEL.choose;
    case 'binary':
      return OPERATOR_LEVEL[expression.operator];
    case 'unary':
      return isForm(expression) ? LEVEL.postfix : LEVEL.unary;
    default:
      return LEVEL.postfix;
  }
}

function isForm({ operator }: ast.Unary): boolean {
  return operator === 'round' || operator === 'indicator';
}

/** An expression; in parentheses if it binds more loosely than `level`. */
export function printExpression(expression: ast.Expression, level: number = LEVEL.member): string {
  const text = bare(expression);
  return levelOf(expression) < level ? `(${text})` : text;
}

function bare(expression: ast.Expression): string {
  switch (expression.kind) {
    case 'name':
      return expression.name;
    case 'int':
      return expression.value.toString();
    case 'float':
      return expression.text;
    case 'string':
      return `"${expression.value}"`;
    case 'list':
      return `[${list(expression.items)}]`;
    case 'dictionary':
      return `{${expression.entries.map(({ key, value }) => `${printExpression(key)}: ${printExpression(value)}`).join(', ')}}`;
    case 'list-comprehension':
      return `[${printExpression(expression.element)} for ${generator(expression.generator)}]`;
    case 'dictionary-comprehension':
      return `{${printExpression(expression.key)}: ${printExpression(expression.value)} for ${generator(expression.generator)}}`;
    case 'select':
      return `select(${list([expression.keys, expression.queries])}, ${expression.operator})`;
    case 'aggregate': {
      const parts = [expression.selector, expression.value];
      return `aggregate(${list(expression.default === null ? parts : [...parts, expression.default])})`;
    }
    case 'range':
    case 'zip':
    case 'len':
      return `${expression.kind}(${list(expression.args)})`;
    case 'index':
      return `${printExpression(expression.subject, LEVEL.postfix)}[${printExpression(expression.index)}]`;
    case 'call':
      return call(expression);
    case 'unary':
      return unary(expression);
    case 'binary':
      return binary(expression);
    case 'choose':
      return choose(expression);
    case 'member': {
      const element = printExpression(expression.element, LEVEL.member);
      return `${element} in ${printExpression(expression.container, LEVEL.choose)}`;
    }
  }
}

function call({ callee, args }: ast.Call): string {
  return `${callee.kind === 'name' ? called(callee.name) : printExpression(callee, LEVEL.postfix)}(${list(args)})`;
}

/** `aggregate(` is one word, and so are its like: a function of such a name needs a space before its parenthesis. */
function called(name: string): string {
  return FORMS.has(name) ? `${name} ` : name;
}

const FORMS: ReadonlySet<string> = new Set(['select', 'aggregate', 'range', 'zip', 'len']);

function unary(expression: ast.Unary): string {
  const { operator, operand } = expression;
  if (isForm(expression)) return `${operator}(${printExpression(operand)})`;
  return `${operator}${operator === 'not' ? ' ' : ''}${printExpression(operand, LEVEL.unary)}`;
}

/** Chains lean to the left and may be very long, so their spine is walked rather than descended. */
function binary(expression: ast.Binary): string {
  const tail: string[] = [];
  let left: ast.Expression = expression;
  let level = LEVEL.member as number;
  while (left.kind === 'binary' && OPERATOR_LEVEL[left.operator] >= level) {
    level = OPERATOR_LEVEL[left.operator];
    tail.push(` ${left.operator} ${printExpression(left.right, level + 1)}`);
    left = left.left;
  }
  return printExpression(left, level) + tail.reverse().join('');
}

/** The condition is a whole expression; what is chosen where it does not hold binds more tightly than another choice. */
function choose({ condition, consequent, otherwise }: ast.Choose): string {
  const chosen = printExpression(consequent, LEVEL.choose);
  return `${chosen} if ${printExpression(condition)} else ${printExpression(otherwise, LEVEL.logical)}`;
}

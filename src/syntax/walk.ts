/** Goes through abstract syntax: the expressions of a statement, and those in an expression. */
import type * as ast from './ast.ts';

/** The expressions that an expression is made of, from left to right. */
export function partsOf(expression: ast.Expression): readonly ast.Expression[] {
  switch (expression.kind) {
    case 'name':
    case 'int':
    case 'float':
    case 'string':
      return [];
    case 'list':
      return expression.items;
    case 'dictionary':
      return expression.entries.flatMap(({ key, value }) => [key, value]);
    case 'list-comprehension':
      return [expression.element, expression.generator.iterable];
    case 'dictionary-comprehension':
      return [expression.key, expression.value, expression.generator.iterable];
    case 'select':
      return [expression.keys, expression.queries];
    case 'aggregate':
      return [expression.selector, expression.value, ...(expression.default === null ? [] : [expression.default])];
    case 'range':
    case 'zip':
    case 'len':
      return expression.args;
    case 'index':
      return [expression.subject, expression.index];
    case 'call':
      return [expression.callee, ...expression.args];
    case 'unary':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'choose':
      return [expression.consequent, expression.condition, expression.otherwise];
    case 'member':
      return [expression.element, expression.container];
  }
}

/** The expressions that stand in a statement itself, not in the statements of its block. */
export function expressionsOf(statement: ast.Statement): readonly ast.Expression[] {
  switch (statement.kind) {
    case 'expression-statement':
      return [statement.expression];
    case 'assignment':
      return statement.values;
    case 'function':
      return statement.results;
    case 'for':
      return [statement.generator.iterable];
    case 'draw':
      return statement.input === null ? [statement.subject] : [statement.subject, statement.input];
    case 'set-example':
      return [statement.value];
    case 'vocab-directive':
      return typeof statement.vocabulary === 'string' ? [] : [statement.vocabulary];
    case 'context-directive':
      return [statement.length];
    case 'example-directive':
      return [statement.input, statement.expected];
    case 'assume-directive':
      return [statement.condition];
    case 'halt-directive':
      return [statement.value];
    default:
      return [];
  }
}

/** The statements of a block, where the statement has one. */
export function blockOf(statement: ast.Statement): readonly ast.BlockStatement[] {
  return statement.kind === 'function' || statement.kind === 'for' ? statement.body : [];
}

/** Every statement, the ones in blocks behind the one that they belong to. */
export function everyStatement(statements: readonly ast.Statement[]): ast.Statement[] {
  return statements.flatMap((statement) => [statement, ...everyStatement(blockOf(statement))]);
}

/** Every expression that stands in the statements, outer ones first. Iterative: a sum of ten thousand terms is as deep. */
export function everyExpression(statements: readonly ast.Statement[]): ast.Expression[] {
  const found: ast.Expression[] = [];
  const pending = everyStatement(statements).flatMap(expressionsOf).reverse();
  for (let each = pending.pop(); each !== undefined; each = pending.pop()) {
    found.push(each);
    for (const part of [...partsOf(each)].reverse()) pending.push(part);
  }
  return found;
}

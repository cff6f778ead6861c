/** What is certain of the type of an s-op before any input is seen: enough to refuse what fails on every input. */
import { assertNever, type Elementwise, type SOp } from '../../graph.ts';
import type { Value } from '../../value.ts';

/** Bools and ints and floats are all numbers to arithmetic and comparison. Null: it depends on the input. */
export type CertainType = 'string' | 'number' | null;

const known = new WeakMap<SOp, CertainType>();

/** Asked of every node as it is made, so the answers for its arguments are there already. */
export function certainType(node: SOp): CertainType {
  let type = known.get(node);
  if (type === undefined) {
    type = infer(node);
    known.set(node, type);
  }
  return type;
}

export function valueType(value: Value): 'string' | 'number' {
  return typeof value === 'string' ? 'string' : 'number';
}

function infer(node: SOp): CertainType {
  switch (node.kind) {
    case 'tokens':
      return node.cast === 'str' ? 'string' : node.cast === 'asis' ? null : 'number';
    case 'constant':
      return valueType(node.value);
    case 'indices':
    case 'width':
      return 'number';
    case 'reduction':
      return join(['number', valueType(node.default)]);
    case 'aggregate':
      return join([certainType(node.value), valueType(node.default)]);
    case 'elementwise':
      return inferElementwise(node);
    default:
      return assertNever(node);
  }
}

function inferElementwise({ operation, args }: Elementwise): CertainType {
  switch (operation.kind) {
    case 'unary':
    case 'member':
    case 'text':
      return 'number';
    case 'choose':
      return join(args.slice(1).map(certainType));
    case 'lookup': {
      const { table } = operation;
      if (table.kind === 'string') return 'string';
      return join(table.kind === 'list' ? table.items.map(valueType) : table.entries.map(([, value]) => valueType(value)));
    }
    case 'binary': {
      const types = args.map(certainType);
      if (operation.operator === '+') return types.includes('string') ? 'string' : types.includes('number') ? 'number' : null;
      // A repeated string is a string; of two unknowns one may be.
      if (operation.operator === '*') return types.includes('string') ? 'string' : join(types);
      // One of the operands, as it is.
      if (operation.operator === 'and' || operation.operator === 'or') return join(types);
      return 'number';
    }
    default:
      return assertNever(operation);
  }
}

function join(types: readonly CertainType[]): CertainType {
  const [first = null] = types;
  return types.every((type) => type === first) ? first : null;
}

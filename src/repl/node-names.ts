/**
 * The names under which the reference shows s-ops and selectors inside lists: what they were last assigned to, or else a name
 * made from the expression, of at most thirty characters.
 */

import { valueText } from '../graph/evaluate/values/python-text.ts';
import { type BinaryOperator, type Elementwise, type GraphNode, isSelector } from '../graph/graph.ts';

const LONGEST = 30;

export class NodeNames {
  readonly #given = new Map<GraphNode, string>();

  give(node: GraphNode, name: string): void {
    this.#given.set(node, name.length > LONGEST ? (isSelector(node) ? 'sel' : 's-op') : name);
  }

  nameOf(node: GraphNode): string {
    const name = this.#given.get(node) ?? node.name ?? this.#derived(node);
    return name.length > LONGEST && !this.#given.has(node) ? (isSelector(node) ? 'sel' : 's-op') : name;
  }

  #derived(node: GraphNode): string {
    switch (node.kind) {
      case 'constant':
        return valueText(node.value);
      case 'elementwise':
        return this.#elementwise(node);
      case 'tokens':
        return `tokens_${node.cast}`;
      case 'indices':
        return 'indices';
      default:
        return isSelector(node) ? 'plain select' : 's-op';
    }
  }

  #elementwise({ operation, args }: Elementwise): string {
    const [a = '', b = '', c = ''] = args.map((argument) => this.nameOf(argument));
    switch (operation.kind) {
      case 'binary':
        return operation.operator === 'and' || operation.operator === 'or'
          ? `( ${a} ${operation.operator} ${b})`
          : `( ${a} ${operatorName(operation.operator)} ${b} )`;
      case 'unary':
        return operation.operator === 'indicator' ? `I(${a})` : `( ${operation.operator} ${a} )`;
      case 'choose':
        return `${b} if ${a} else ${c}`;
      case 'member':
        return `${a} in [${operation.values.map(valueText).join(', ')}]`;
      case 'lookup':
        return `out[${a}]`;
      case 'text':
        return operation.name === 'text_length' ? `text_length(${a})` : `${operation.name}(${a}, ${operation.argument})`;
    }
  }
}

function operatorName(operator: BinaryOperator): string {
  return operator === '^' ? 'pow' : operator;
}

/** What loses to every other value is the extreme only where no other value is, so that it is what there is among no keys. */
import type { ComparisonOperator, Graph, Selector, SOp } from '../../../../graph/graph.ts';
import { valuesEqual } from '../../../../graph/value.ts';
import { ACCEPTS } from '../../key-counts.ts';
import { selectsEverything } from '../../selects-everything.ts';
import type { CheckedLaw } from '../law.ts';

export const chosenExtremes: CheckedLaw = {
  name: 'chosen-extremes',
  sops({ graph, meant, proves }, original, claimed) {
    if (original.kind !== 'reduction' || original.operator === 'sum') return false;
    const { operator, selector, value, default: otherwise } = original;
    return choicesIn(value, graph).some(({ condition, chosen, loser }) => {
      const isWorst = (other: unknown) => typeof other === 'bigint' && (operator === 'max' ? other >= loser : other <= loser);
      if (!meant.of(chosen)?.every(isWorst) || !meant.of(condition)?.every((each) => typeof each === 'boolean')) return false;
      if (!meant.isNonempty(selector) && !valuesEqual(otherwise, loser)) return false;
      return selectorsOf(condition, graph)
        .flatMap((met) => (selectsEverything(selector) ? [met, graph.and(selector, met)] : [graph.and(selector, met)]))
        .some((among) => proves(graph.reduction(operator, among, chosen, loser), claimed));
    });
  },
};

interface Choice {
  readonly condition: SOp;
  readonly chosen: SOp;
  readonly loser: bigint;
}

function choicesIn(node: SOp, graph: Graph): Choice[] {
  if (node.kind !== 'elementwise') return [];
  const { operation, args } = node;
  const integer = (each: SOp | undefined) => (each?.kind === 'constant' && typeof each.value === 'bigint' ? each.value : null);
  if (operation.kind === 'choose') {
    const [condition, then, other] = args as [SOp, SOp, SOp];
    const [first, second] = [integer(then), integer(other)];
    const whereNot = first === null ? [] : [{ condition: graph.unary('not', condition), chosen: other, loser: first }];
    return second === null ? whereNot : [{ condition, chosen: then, loser: second }, ...whereNot];
  }
  // times 1 or 0
  if (operation.kind !== 'binary' || operation.operator !== '*') return [];
  return args.flatMap((arg, i) => {
    const isIndicator = arg.kind === 'elementwise' && arg.operation.kind === 'unary' && arg.operation.operator === 'indicator';
    return isIndicator ? [{ condition: arg.args[0] as SOp, chosen: args[1 - i] as SOp, loser: 0n }] : [];
  });
}

/** The selectors of the keys at which a condition holds. */
function selectorsOf(condition: SOp, graph: Graph): Selector[] {
  const own = graph.select(condition, graph.constant(true), '==');
  if (condition.kind !== 'elementwise' || condition.operation.kind !== 'binary') return [own];
  const [left, right] = condition.args as [SOp, SOp];
  const { operator } = condition.operation;
  return operator in ACCEPTS && right.kind === 'constant' ? [own, graph.select(left, right, operator as ComparisonOperator)] : [own];
}

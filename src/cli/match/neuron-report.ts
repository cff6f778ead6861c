/** What `raspc match` says of neurons, as text and as JSON. */
import type { NeuronMatch, NeuronsMatched } from '../../match/neurons/match-neurons.ts';
import type { Session } from '../session/session.ts';
import type { Json } from '../terminal/json.ts';
import { textTable } from '../terminal/text/text-table.ts';
import { effectJson, span, valueText } from './report-parts.ts';

/** Lines of a table; JSON has all. */
const MOST = 40;

export function neuronPlace({ look: { layer, neuron } }: NeuronMatch): string {
  return `${layer}.${neuron}`;
}

/** @param texts what each token says */
export function neuronJson(match: NeuronMatch, texts: readonly string[]): Json {
  const { look, verdict, class: own, p, rank, effect } = match;
  const { fit } = look;
  return {
    layer: look.layer,
    neuron: look.neuron,
    verdict,
    function: own.name,
    pattern: {
      ...{ tokens: fit.tokens, members: fit.members, hits: fit.hits, overlap: fit.overlap, sign: fit.sign },
      ...{ random: look.random, text: look.text, inside: look.inside, outside: look.outside },
      nulls: { permuted: look.permuted, rank },
    },
    weights: { overlap: look.weights },
    effect: effectJson(effect),
    p,
    counterexamples: look.counterexamples.map((each) => ({ ...each, text: texts[each.token] ?? '' })),
  };
}

export function printNeurons(session: Session, { classes, neurons, looked }: NeuronsMatched): void {
  const { theme } = session;
  session.print('');
  session.print(`${theme.strong('match')} of ${looked} neurons with ${classes.length} classes of tokens`);
  session.print('');
  if (neurons.length === 0) {
    session.print('no neuron tells a known class of tokens from the others');
    return;
  }
  const shown = [...neurons]
    .sort(
      (a, b) => rankOf(a) - rankOf(b) || Number(b.effect !== null) - Number(a.effect !== null) || b.look.fit.overlap - a.look.fit.overlap,
    )
    .slice(0, MOST);
  const rows = shown.map((match) => {
    const { look, effect } = match;
    return [
      neuronPlace(match),
      match.verdict,
      match.class.name,
      look.fit.overlap.toFixed(2),
      look.fit.sign === 1 ? 'high' : 'low',
      `${look.fit.hits} of ${look.fit.members}`,
      look.random?.toFixed(2) ?? '',
      look.text?.toFixed(2) ?? '',
      look.weights.toFixed(2),
      effect === null ? 'not measured' : span(effect.ablated),
      effect === null ? '' : span(effect.replaced),
      effect === null ? '' : effect.explained.mean.toFixed(2),
      valueText(match.p),
    ];
  });
  const titles = ['neuron', 'verdict', 'class', 'overlap', 'is', 'hits', 'random', 'text', 'weights', 'without it', 'by the class', 'explained', 'p']; // biome-ignore format: a line
  for (const line of textTable([titles, ...rows])) session.print(`  ${line}`);
  if (neurons.length > shown.length) session.print(`  and ${neurons.length - shown.length} more that resemble a class`);
}

function rankOf({ verdict }: NeuronMatch): number {
  return verdict === 'is' ? 0 : 1;
}

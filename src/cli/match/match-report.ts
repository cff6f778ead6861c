/** What `raspc match` prints, and its JSON. */
import type { HeadMatch, Matched, Path } from '../../match/match-checkpoint.ts';
import type { PatternFit } from '../../match/pattern-fit.ts';
import { SINK } from '../../match/verdict.ts';
import type { Session } from '../session/session.ts';
import type { Json } from '../terminal/json.ts';
import { textTable } from '../terminal/text/text-table.ts';
import { neuronJson, printNeurons } from './neuron-report.ts';
import { effectJson, span, valueText } from './report-parts.ts';

/** Beyond this many deviations the weights are said to copy, or to suppress. */
const SAYS = 1;

/** What the head does to the logit of what it attends to. */
export function saysOf({ look }: HeadMatch): 'copies' | 'suppresses' | null {
  const { copies } = look.weights;
  return copies > SAYS ? 'copies' : copies < -SAYS ? 'suppresses' : null;
}

export function placeOf({ look: { layer, head } }: HeadMatch): string {
  return `${layer}.${head}`;
}

/** @param texts what each token says; null without a tokenizer */
export function matchJson(matched: Matched, texts: readonly string[] | null): Json {
  return {
    tests: matched.tests,
    windows: matched.windows.map(({ kind, ids }) => ({ kind, ids: [...ids] })),
    effectWindows: matched.effectWindows.map(({ targets, window }) => ({ window, targets: [...targets] })),
    functions: matched.candidates.map(({ name }) => name),
    heads: matched.heads.map((head) => headJson(head)),
    paths: matched.paths.map(pathJson),
    neurons: (matched.neurons?.neurons ?? []).map((each) => neuronJson(each, texts ?? [])),
    classes: (matched.neurons?.classes ?? []).map(({ name }) => name),
    neuronTests: matched.neurons?.tests ?? 0,
  };
}

function headJson(match: HeadMatch): Json {
  const { look, verdict, candidate, trial, effect, p, rank, matches } = match;
  return {
    layer: look.layer,
    head: look.head,
    verdict,
    function: candidate?.name ?? null,
    sink: look.sink,
    pattern:
      trial === null
        ? null
        : {
            ...fitJson(trial.fit),
            random: trial.random === null ? null : fitJson(trial.random),
            text: trial.text === null ? null : fitJson(trial.text),
            nulls: { shuffled: trial.shuffled, permuted: trial.permuted, rank },
          },
    weights: { copies: look.weights.copies, says: saysOf(match), matches },
    effect: effectJson(effect),
    p,
    counterexamples: (trial?.counterexamples ?? []).map((each) => ({ ...each })),
  };
}

function fitJson({ queries, raw, sink, share, overlap, chance, rest }: PatternFit): { readonly [key: string]: Json } {
  return { queries, raw, sink, share, overlap, chance, rest };
}

function pathJson({ from, to, composition, overlap, without }: Path): Json {
  return {
    from: { layer: from.look.layer, head: from.look.head, function: from.candidate?.name ?? null },
    to: { layer: to.look.layer, head: to.look.head, function: to.candidate?.name ?? null },
    ...composition,
    pattern: overlap,
    without,
  };
}

export function printMatch(session: Session, matched: Matched): void {
  const { theme } = session;
  const known = matched.heads.filter(({ candidate }) => candidate !== null && candidate.name !== SINK);
  const resting = matched.heads.filter(({ candidate }) => candidate?.name === SINK);
  const kinds = (['random', 'text'] as const).map((kind) => matched.windows.filter((window) => window.kind === kind).length);
  session.print(
    `${theme.strong('match')} of ${matched.heads.length} heads with ${matched.candidates.length} functions, on ${kinds[0]} windows of random tokens that come again and ${kinds[1]} of text`,
  );
  session.print('');
  if (known.length === 0) session.print('no head computes a known function');
  else {
    const rows = [...known]
      .sort((a, b) => rankOfVerdict(a) - rankOfVerdict(b) || (b.trial?.fit.overlap ?? 0) - (a.trial?.fit.overlap ?? 0))
      .map((match) => {
        const { trial, effect } = match;
        return [
          placeOf(match),
          match.verdict,
          match.candidate?.name ?? '',
          trial?.fit.overlap.toFixed(2) ?? '',
          trial?.fit.sink.toFixed(2) ?? '',
          trial?.random?.overlap.toFixed(2) ?? '',
          trial?.text?.overlap.toFixed(2) ?? '',
          `${match.look.weights.copies >= 0 ? '+' : ''}${match.look.weights.copies.toFixed(1)}${saysOf(match) === null ? '' : ` ${saysOf(match)}`}`,
          effect === null ? 'not measured' : span(effect.ablated),
          effect === null ? '' : span(effect.replaced),
          effect === null ? '' : effect.explained.mean.toFixed(2),
          valueText(match.p),
        ];
      });
    const titles = [
      'head',
      'verdict',
      'function',
      'pattern',
      'sink',
      'random',
      'text',
      'moves',
      'without it',
      'by the program',
      'explained',
      'p',
    ];
    for (const line of textTable([titles, ...rows])) session.print(`  ${line}`);
  }
  if (resting.length > 0) {
    session.print('');
    session.print(`rest on the first position: ${resting.map(placeOf).join(', ')}`);
  }
  for (const path of matched.paths.slice(0, PATHS)) session.print(pathText(path));
  if (matched.neurons !== null) printNeurons(session, matched.neurons);
}

const PATHS = 12;

function rankOfVerdict({ verdict }: HeadMatch): number {
  return verdict === 'is' ? 0 : 1;
}

export function pathText({ from, to, composition, overlap, without }: Path): string {
  const names = `${from.candidate?.name} ${placeOf(from)} → ${to.candidate?.name} ${placeOf(to)}`;
  const carried =
    overlap === null || without === null ? '' : `; pattern ${overlap.toFixed(2)}, without ${placeOf(from)} ${without.toFixed(2)}`;
  return `${names} through its ${composition.through}: ${composition.strength.toFixed(3)}, by chance ${composition.chance.toFixed(3)}${carried}`;
}

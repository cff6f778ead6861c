/** What the heads of a checkpoint were found to compute: a map of all of them, and of one at a time what was measured. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { hueOf } from '../../../draw/picture/palette.ts';
import type { MatchedHead } from '../../data/match-file.ts';
import type { PageMatch } from '../../data/page-data.ts';
import { Section } from '../section.tsx';
import { NeuronsTable } from './neurons-table.tsx';
import { chance, fixed, signed, spanText } from './number-text.ts';
import { effectCells, PlacesTable } from './places-table.tsx';
import { type StackCell, StackGrid } from './stack-grid.tsx';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

export function MatchSection({ match }: { readonly match: PageMatch }): JSX.Element {
  const { heads, paths, neurons, resting } = match;
  const known = heads.filter((head) => head.function !== null && head.function !== resting).sort(byVerdict);
  const [chosen, setChosen] = useState({ layer: known[0]?.layer ?? 0, head: known[0]?.head ?? 0 });
  const functions = [...new Set(known.map((head) => head.function ?? ''))].sort();
  const at = (layer: number, head: number) => heads.find((each) => each.layer === layer && each.head === head);
  const cell = (layer: number, head: number): StackCell => {
    const found = at(layer, head);
    const place = `head ${layer}.${head}`;
    const nothing = { hue: null, isFull: false };
    if (found === undefined) return { ...nothing, mark: '', title: `${place}: not measured` };
    if (found.function === null) return { ...nothing, mark: '', title: `${place}: nothing known` };
    if (found.function === resting) return { ...nothing, mark: '·', title: `${place} rests on the first position` };
    const number = functions.indexOf(found.function);
    const letter = LETTERS[number % LETTERS.length] ?? '?';
    const isFull = found.verdict === 'is';
    return {
      mark: isFull ? letter : letter.toLowerCase(),
      hue: hueOf(number),
      isFull,
      title: `${place} ${matchText(found, resting)}`,
    };
  };
  const shown = at(chosen.layer, chosen.head);
  return (
    <Section title="Heads by what they compute" isWide>
      <p class="faint">
        A row a layer, a column a head. A capital: it is the function of that letter; a small letter: it resembles it; a dot: it rests on
        the first position.
      </p>
      <ul class="key">
        {functions.map((name, number) => (
          <li key={name}>
            <span class="swatch" style={`--hue:${hueOf(number)}`}>
              {LETTERS[number % LETTERS.length]}
            </span>{' '}
            {name}
          </li>
        ))}
      </ul>
      <StackGrid
        label="the heads of the model"
        layers={1 + Math.max(0, ...heads.map(({ layer }) => layer))}
        heads={1 + Math.max(0, ...heads.map(({ head }) => head))}
        cell={cell}
        chosen={chosen}
        onChoose={(layer, head) => setChosen({ layer, head })}
      />
      {shown === undefined ? null : <HeadFacts head={shown} resting={resting} />}
      {known.length === 0 ? <p>No head computes a known function.</p> : <KnownHeads heads={known} />}
      {paths.length === 0 ? null : (
        <>
          <h3>Which head feeds which</h3>
          <ul class="words">
            {paths.map(({ from, to, through, strength, chance: byChance, pattern, without }) => (
              <li key={`${from.layer}.${from.head} ${to.layer}.${to.head} ${through}`}>
                {`${from.function} ${from.layer}.${from.head} → ${to.function} ${to.layer}.${to.head} through its ${through}: ${fixed(strength, 3)}, by chance ${fixed(byChance, 3)}`}
                {pattern === null || without === null
                  ? ''
                  : `; pattern ${fixed(pattern)}, without ${from.layer}.${from.head} ${fixed(without)}`}
              </li>
            ))}
          </ul>
        </>
      )}
      {neurons.length === 0 ? null : (
        <>
          <h3>Neurons by classes of tokens</h3>
          <NeuronsTable neurons={neurons} />
        </>
      )}
    </Section>
  );
}

/** `is previous_token, pattern 0.97`. */
export function matchText({ verdict, function: name, pattern }: MatchedHead, resting: string): string {
  if (name === resting) return 'rests on the first position';
  return name === null ? 'computes nothing known' : `${verdict} ${name}, pattern ${fixed(pattern?.overlap)}`;
}

function byVerdict(a: MatchedHead, b: MatchedHead): number {
  const rank = ({ verdict }: MatchedHead) => (verdict === 'is' ? 0 : 1);
  return rank(a) - rank(b) || (b.pattern?.overlap ?? 0) - (a.pattern?.overlap ?? 0);
}

function KnownHeads({ heads }: { readonly heads: readonly MatchedHead[] }): JSX.Element {
  const measures = ['pattern', 'sink', 'random', 'text', 'moves', 'without it', 'by the program', 'explained', 'p'];
  const rows = heads.map(({ layer, head, verdict, function: name, pattern, weights, effect, p }) => ({
    place: `${layer}.${head}`,
    cells: [
      verdict,
      name ?? '',
      fixed(pattern?.overlap),
      fixed(pattern?.sink),
      fixed(pattern?.random?.overlap),
      fixed(pattern?.text?.overlap),
      `${signed(weights.copies, 1)}${weights.says === null ? '' : ` ${weights.says}`}`,
      ...effectCells(effect),
      chance(p),
    ],
  }));
  const caption = 'Shares of attention; loss in nats, with 95% intervals over windows';
  return <PlacesTable label="heads that are known" caption={caption} titles={['head', 'verdict', 'function', ...measures]} rows={rows} />;
}

/** What was measured of one head, in sentences. */
function HeadFacts({ head, resting }: { readonly head: MatchedHead; readonly resting: string }): JSX.Element {
  const { layer, head: number, sink, pattern, weights, effect, counterexamples } = head;
  return (
    <div class="facts" aria-live="polite">
      <p>
        <strong>{`Head ${layer}.${number}`}</strong>
        {` ${matchText(head, resting)}. On the first position: ${fixed(sink)} of its attention.`}
        {weights.says === null
          ? ''
          : ` Its weights ${weights.says === 'copies' ? 'raise' : 'lower'} the logit of what it attends to (${signed(weights.copies, 1)} deviations).`}
        {effect === null
          ? ''
          : ` Without it the loss changes by ${spanText(effect.ablated)} nats, with the program's pattern by ${spanText(effect.replaced)}.`}
      </p>
      {pattern === null || counterexamples.length === 0 ? null : (
        <p>
          {`It differs most at: ${counterexamples
            .map(
              ({ window, query, attended, selected }) =>
                `window ${window}, query ${query} (attends ${attended}${selected.length === 0 ? '' : `, not ${selected.join(' ')}`})`,
            )
            .join('; ')}.`}
        </p>
      )}
    </div>
  );
}

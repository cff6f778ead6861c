/** One head at a time: where it looks beside where it should, and for one pair of positions why, term by term. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { type ScoreTerm, scorer } from '../../../draw/model/score-terms.ts';
import type { GridCell } from '../../../draw/picture/attention-grid.tsx';
import { HeadBox } from '../../../draw/picture/head-box.tsx';
import { layoutHead } from '../../../draw/picture/head-layout.ts';
import type { SceneHead } from '../../../draw/scene/scene.ts';
import { type Observation, type Observed, sceneOf } from '../../data/observation.ts';
import type { PageMatch, PageModel } from '../../data/page-data.ts';
import { useFocus } from '../focus.ts';
import { HeadPicture } from '../head-picture.tsx';
import type { Break } from '../live/breaks.ts';
import { matchText } from '../measured/match-section.tsx';
import { Scroll } from '../scroll.tsx';
import type { Engine } from './engine.ts';

export interface AttentionViewProps {
  readonly model: PageModel;
  readonly observation: Observation;
  readonly engine: Engine | null;
  readonly observed: Observed | null;
  readonly breaks: readonly Break[];
  /** What heads were found to compute, where that was measured. */
  readonly match: PageMatch | null;
}

interface Listed {
  readonly layer: number;
  readonly head: SceneHead;
  readonly label: string;
}

const NONE: ReadonlySet<number> = new Set();

export function AttentionView({ model, observation, engine, observed, breaks, match }: AttentionViewProps): JSX.Element {
  const [chosen, setChosen] = useState(0);
  const [cell, setCell] = useState<GridCell | null>(null);
  const { props, isLit } = useFocus();
  const scene = sceneOf(observation.scene);
  const heads = scene.layers.flatMap(({ number, heads: own }) =>
    own.map((head): Listed => ({ layer: number, head, label: `head ${number}.${head.number}` })),
  );
  const listed = heads[Math.min(chosen, heads.length - 1)];
  if (listed === undefined) return <p>This model needs no heads.</p>;
  const layout = layoutHead(listed.head, scene);
  const variablesOf = ({ layer, head }: Listed) =>
    model.boxes
      .filter((box) => box.kind === 'head' && box.place.layer === layer && box.head === head.number)
      .flatMap(({ writes }) => writes);
  const last = observation.input.length - 1;
  const query = Math.min(cell?.query ?? last, last);
  const key = Math.min(cell?.key ?? mostSeen(listed.head, query), observation.scene.causal ? query : last);
  const choose = (event: Event): void => {
    const found = event.target instanceof Element ? event.target.closest('[data-query]') : null;
    if (found instanceof SVGElement) setCell({ query: Number(found.dataset.query), key: Number(found.dataset.key) });
  };
  const matched = match?.heads.find((each) => each.layer === listed.layer && each.head === listed.head.number);
  const positions = (count: number) => observation.input.slice(0, count).map((token, at) => ({ at, token }));
  return (
    <>
      <fieldset class="choices">
        <legend class="hidden">heads</legend>
        {heads.map((each, at) => (
          <button
            key={each.label}
            type="button"
            aria-pressed={each === listed}
            class={isLit(variablesOf(each)) ? 'lit' : ''}
            onClick={() => setChosen(at)}
            {...props(variablesOf(each))}
          >
            {each.label}
            {each.head.measured !== null && each.head.measured.differs.length > 0 ? <span class="wrong"> ≠</span> : null}
          </button>
        ))}
      </fieldset>
      {matched === undefined ? null : (
        <p class="note">{`By what it does, head ${matched.layer}.${matched.head} ${matchText(matched, match?.resting ?? '')}.`}</p>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: the selects below do the same by keyboard */}
      <div onClick={choose}>
        <HeadPicture label={listed.label} layout={layout}>
          <HeadBox layer={listed.layer} head={listed.head} scene={scene} layout={layout} linked={NONE} chosen={{ query, key }} />
        </HeadPicture>
      </div>
      <div class="stepper">
        <label>
          query{' '}
          <select value={query} onChange={(event) => setCell({ query: Number(event.currentTarget.value), key })}>
            {positions(last + 1).map(({ at, token }) => (
              <option key={at} value={at}>{`${at}: ${token}`}</option>
            ))}
          </select>
        </label>
        <label>
          key{' '}
          <select value={key} onChange={(event) => setCell({ query, key: Number(event.currentTarget.value) })}>
            <option value={-1}>BOS</option>
            {positions(observation.scene.causal ? query + 1 : last + 1).map(({ at, token }) => (
              <option key={at} value={at}>{`${at}: ${token}`}</option>
            ))}
          </select>
        </label>
      </div>
      {engine === null || observed === null ? (
        <p class="faint">The terms of scores need the weights, which this page does not carry.</p>
      ) : (
        <Why
          model={model}
          engine={engine}
          observed={observed}
          breaks={breaks}
          layer={listed.layer}
          head={listed.head}
          query={query}
          at={key}
        />
      )}
    </>
  );
}

/** The key that a query looks at most; BOS where it looks at none. */
function mostSeen({ measured, ideal }: SceneHead, query: number): number {
  const row = measured?.weights[query] ?? ideal?.[query] ?? [];
  const most = Math.max(0, ...row);
  return most > 0.02 ? row.indexOf(most) : -1;
}

interface WhyProps {
  readonly model: PageModel;
  readonly engine: Engine;
  readonly observed: Observed;
  readonly breaks: readonly Break[];
  readonly layer: number;
  readonly head: SceneHead;
  readonly query: number;
  /** -1 is BOS. */
  readonly at: number;
}

/** Terms smaller than this part of a nat are added up. */
const SMALL = 0.01;

function Why({ model, engine, observed, breaks, layer, head, query, at }: WhyProps): JSX.Element {
  const score = useMemo(
    () => scorer(engine.changed(breaks), engine.reading, observed.run, layer, head.number),
    [engine, observed, breaks, layer, head.number],
  );
  const own = score(query + 1, at + 1);
  const bos = score(query + 1, 0);
  // what decides is the lead over BOS, which every query sees
  const terms = at < 0 ? own.terms : lead(own.terms, bos.terms);
  const total = at < 0 ? own.total : own.total - bos.total;
  const shown = terms.filter(({ amount }) => Math.abs(amount) >= SMALL);
  const rest = total - shown.reduce((sum, { amount }) => sum + amount, 0);
  const largest = Math.max(1e-9, ...shown.map(({ amount }) => Math.abs(amount)));
  const keyName = at < 0 ? 'BOS' : `key ${at} (${observed.observation.input[at] ?? ''})`;
  return (
    <Scroll label="the terms of a score">
      <table class="why">
        <caption>
          {`Why query ${query} (${observed.observation.input[query] ?? ''}) gives ${keyName} ${at < 0 ? `a score of ${total.toFixed(2)} nats` : `${Math.abs(total).toFixed(2)} nats ${total < 0 ? 'less' : 'more'} than BOS`}`}
        </caption>
        <thead>
          <tr>
            <th scope="col">query × key</th>
            <th scope="col">condition</th>
            <th scope="col">nats</th>
            <th scope="col">
              <span class="hidden">size</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((term) => (
            <tr key={`${term.query} ${term.key}`}>
              <th scope="row">{`${nameOf(model, term.query)} × ${nameOf(model, term.key)}`}</th>
              <td>{conditionOf(model, engine, head, term)}</td>
              <td class="number">{term.amount.toFixed(3)}</td>
              <td>
                <span
                  class={term.amount < 0 ? 'bar less' : 'bar'}
                  style={`width:${((100 * Math.abs(term.amount)) / largest).toFixed(1)}px`}
                />
              </td>
            </tr>
          ))}
          <tr>
            <th scope="row">everything else</th>
            <td />
            <td class="number">{rest.toFixed(3)}</td>
            <td />
          </tr>
        </tbody>
      </table>
    </Scroll>
  );
}

/** Terms of a key above those of another. */
function lead(terms: readonly ScoreTerm[], others: readonly ScoreTerm[]): ScoreTerm[] {
  const amounts = new Map<string, ScoreTerm>();
  const add = ({ query, key, amount }: ScoreTerm, sign: number): void => {
    const name = `${query} ${key}`;
    amounts.set(name, { query, key, amount: (amounts.get(name)?.amount ?? 0) + sign * amount });
  };
  for (const term of terms) add(term, 1);
  for (const term of others) add(term, -1);
  return [...amounts.values()].sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount));
}

function nameOf(model: PageModel, variable: number | null): string {
  return variable === null ? 'the same everywhere' : model.variables[variable]?.name || 'BOS';
}

/** The comparison of the selector that both sides of a term belong to. */
function conditionOf(model: PageModel, engine: Engine, head: SceneHead, { query, key }: ScoreTerm): string {
  const ids = (variable: number | null) => (variable === null ? null : (engine.reading.nodeOf(variable)?.id ?? null));
  const [own, other] = [ids(query), ids(key)];
  const isOf = (id: number | null, row: { readonly id: number; readonly label: string }, variable: number | null) =>
    id === row.id || (variable !== null && model.variables[variable]?.name === row.label);
  const found = head.conditions.filter(({ keys, queries }) => isOf(other, keys, key) && (isOf(own, queries, query) || query === null));
  return found.map(({ keys, operator, queries }) => `${keys.label} ${operator} ${queries.label}`).join(', ');
}

/** One self-contained page with the curves of every circuit: nothing is loaded from anywhere. */

import { htmlText } from '../../page/data/html-text.ts';
import { CAUSE, circuitAt, courseOf, stepName } from './drift-words.ts';
import type { History } from './measure-checkpoints.ts';

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [560, 200, 44, 28, 10];
const COLORS = ['#1b6ca8', '#c8553d', '#3a7d44', '#8a5a9e', '#b8860b', '#555555'];

interface Curve {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export function driftPage(history: History): string {
  const { map, points } = history;
  const steps = points.map((point, index) => point.step ?? index);
  const names = points.map(stepName);
  const plot = (title: string, curves: readonly Curve[], most: number | null): string => chart(title, steps, names, curves, most);
  const sections = map.circuits.map(({ name }) => {
    const circuits = points.map((point) => circuitAt(point, name));
    const heads = circuits[0]?.heads ?? [];
    const shares: Curve[] = [
      ...heads.map((head, i) => ({
        name: `attention of ${head.name} ${head.layer}.${head.head}`,
        values: circuits.map((each) => each.heads[i]?.attention ?? null),
      })),
      { name: 'what it writes says the right thing', values: circuits.map(({ said }) => said) },
      { name: 'the model says it', values: circuits.map(({ accuracy }) => accuracy) },
    ];
    const causes = [...new Set(circuits.flatMap((each) => each.causes.map(({ part }) => part)))];
    return `<section><h2>${htmlText(name)}</h2><p>${htmlText(name)} ${htmlText(courseOf(history, name))}.</p>
${plot('works', shares, 1)}
${
  causes.length === 0
    ? ''
    : plot(
        'lost by: the part that comes back when this alone is put right',
        causes.map((part) => ({
          name: part,
          values: circuits.map((each) => each.causes.find((cause) => cause.part === part)?.gains ?? 0),
        })),
        1,
      )
}
<ul>${causes.map((part) => `<li>${htmlText(CAUSE[part])}</li>`).join('')}</ul></section>`;
  });
  const first = points[0]?.drift;
  const layers = (first?.stream ?? []).map(
    (rms, layer): Curve => ({
      name: layer === (first?.stream.length ?? 0) - 1 ? 'at the end' : `before layer ${layer}`,
      values: points.map(({ drift }) => (drift.stream[layer] as number) / rms),
    }),
  );
  const entries = (first?.entries ?? []).flatMap(({ part, cosine }): Curve[] =>
    cosine === null
      ? []
      : [{ name: part, values: points.map(({ drift }) => drift.entries.find((each) => each.part === part)?.cosine ?? null) }],
  );
  const products = (first?.heads ?? []).flatMap(({ name, layer, head }, i): Curve[] => [
    { name: `query-key of ${name} ${layer}.${head}`, values: points.map(({ drift }) => drift.heads[i]?.queryKey ?? null) },
    { name: `value-output of ${name} ${layer}.${head}`, values: points.map(({ drift }) => drift.heads[i]?.valueOutput ?? null) },
  ]);
  const text = points.some(({ drift }) => drift.text !== null)
    ? plot(
        'text: by how much the loss rises without the circuits, in nats',
        (['known', 'rest'] as const).map((part) => ({
          name: part === 'known' ? 'targets that a circuit knows' : 'the others',
          values: points.map(({ drift }) => {
            const found = drift.text?.[part];
            return found?.loss == null || found.without === null ? null : found.without - found.loss;
          }),
        })),
        null,
      )
    : '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Drift of ${htmlText(map.circuits.map(({ name }) => name).join(', '))}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}svg{max-width:100%;height:auto}figure{margin:1rem 0}figcaption{font-weight:600}.key{font-size:13px}.key span{margin-right:1em;white-space:nowrap}</style></head>
<body><h1>Drift</h1>
${sections.join('\n')}
<section><h2>Weights and stream</h2>
${plot('the stream beside step 0', layers, null)}
${plot('cosine of the programmed entries to the seeded ones', entries, 1)}
${plot('cosine of the heads’ matrices to the seeded ones', products, 1)}
${text}</section></body></html>
`;
}

function chart(title: string, steps: readonly number[], names: readonly string[], curves: readonly Curve[], most: number | null): string {
  const values = curves.flatMap((curve) => curve.values.filter((value) => value !== null));
  const top = most ?? Math.max(1e-9, ...values);
  const low = Math.min(0, ...values);
  const [from, to] = [steps[0] as number, Math.max(steps.at(-1) as number, (steps[0] as number) + 1)];
  const x = (step: number): number => LEFT + ((step - from) / (to - from)) * (WIDTH - LEFT - 10);
  const y = (value: number): number => TOP + (1 - (value - low) / (top - low)) * (HEIGHT - TOP - BOTTOM);
  const grid = [low, (low + top) / 2, top].map(
    (value) =>
      `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${at(y(value))}" y2="${at(y(value))}" stroke="#ddd"/><text x="${LEFT - 6}" y="${at(y(value) + 4)}" text-anchor="end" font-size="11">${Number(value.toPrecision(3))}</text>`,
  );
  const lines = curves.map(({ name, values: each }, i) => {
    const color = COLORS[i % COLORS.length];
    const points = each.flatMap((value, k) => (value === null ? [] : [[x(steps[k] as number), y(value), k, value] as const]));
    const dash = i < COLORS.length ? '' : ' stroke-dasharray="5 3"';
    return `<polyline fill="none" stroke="${color}" stroke-width="2"${dash} points="${points.map(([px, py]) => `${at(px)},${at(py)}`).join(' ')}"/>${points.map(([px, py, k, value]) => `<circle cx="${at(px)}" cy="${at(py)}" r="3" fill="${color}"><title>${htmlText(name)}, ${htmlText(names[k] as string)}: ${value.toPrecision(3)}</title></circle>`).join('')}`;
  });
  const ends = [0, steps.length - 1].map(
    (k) =>
      `<text x="${at(x(steps[k] as number))}" y="${HEIGHT - 8}" text-anchor="${k === 0 ? 'start' : 'end'}" font-size="11">${htmlText(names[k] as string)}</text>`,
  );
  const key = curves.map(
    ({ name }, i) =>
      `<span><svg width="18" height="8"><line x1="0" x2="18" y1="4" y2="4" stroke="${COLORS[i % COLORS.length]}" stroke-width="2"/></svg> ${htmlText(name)}</span>`,
  );
  return `<figure><figcaption>${htmlText(title)}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${htmlText(title)}">${grid.join('')}${lines.join('')}${ends.join('')}</svg><div class="key">${key.join('')}</div></figure>`;
}

function at(value: number): string {
  return value.toFixed(1);
}

/** What training made of the circuits of a seeded model: a course in words and curves for each, then weights, stream and text. */
import type { JSX } from 'preact';
import { type DriftCircuit, type DriftPoint, stepName } from '../../data/drift-file.ts';
import type { PageDrift } from '../../data/page-data.ts';
import { Scroll } from '../scroll.tsx';
import { Section } from '../section.tsx';
import { type Curve, Curves } from './curves.tsx';
import { fixed, percent } from './number-text.ts';

/** From nothing to all of it. */
const SHARE = [0, 1] as const;
/** How many readers of a circuit's dimensions are listed. */
const LISTED = 8;

export function DriftSections({ drift }: { readonly drift: PageDrift }): JSX.Element {
  const { circuits, points, tokens } = drift;
  const axis = { steps: points.map(({ step }, at) => step ?? at), names: points.map(stepName) };
  const plot = (title: string, curves: readonly Curve[], atLeast: readonly [number, number]): JSX.Element | null =>
    curves.length === 0 ? null : <Curves title={title} {...axis} curves={curves} atLeast={atLeast} />;
  const ofPoints = (value: (point: DriftPoint) => number | null | undefined) => points.map((point) => value(point) ?? null);
  const [first] = points;
  return (
    <>
      {circuits.map(({ name, course }) => {
        const own = points.map((point) => circuitAt(point, name));
        const causes = [...new Set(own.flatMap((each) => each?.causes.map(({ part }) => part) ?? []))];
        return (
          <Section key={name} title={`Drift of ${name}`}>
            <p class="verdict">
              <strong>{name}</strong> {`${course}.`}
            </p>
            {plot(
              `How much of it works, on ${tokens} tokens whose second half is as the first`,
              [
                ...(own[0]?.heads ?? []).map((head, at) => ({
                  name: `attention of ${head.name} ${head.layer}.${head.head}`,
                  values: own.map((each) => each?.heads[at]?.attention ?? null),
                })),
                { name: 'what it writes says the right thing', values: own.map((each) => each?.said ?? null) },
                { name: 'the model says it', values: own.map((each) => each?.accuracy ?? null) },
              ].filter(({ values }) => values.some((value) => value !== null)),
              SHARE,
            )}
            {plot(
              'Lost by: what comes back when this part alone is put right',
              causes.map((part) => ({
                name: part,
                values: own.map((each) => each?.causes.find((cause) => cause.part === part)?.gains ?? 0),
              })),
              SHARE,
            )}
            <ul class="words">
              {causes.map((part) => (
                <li key={part}>{drift.causes[part] ?? part}</li>
              ))}
            </ul>
          </Section>
        );
      })}
      <Section title="Weights and stream">
        {plot(
          'How loud the stream is beside step 0',
          (first?.stream ?? []).map((rms, layer) => ({
            name: layer === (first?.stream.length ?? 0) - 1 ? 'at the end' : `before layer ${layer}`,
            values: ofPoints(({ stream }) => (rms === null || stream[layer] == null ? null : stream[layer] / rms)),
          })),
          SHARE,
        )}
        {plot(
          'Cosine of the programmed entries to the seeded ones',
          (first?.entries ?? []).flatMap(({ part, cosine }) =>
            cosine === null ? [] : [{ name: part, values: ofPoints(({ entries }) => entries.find((each) => each.part === part)?.cosine) }],
          ),
          SHARE,
        )}
        {plot(
          'Cosine of the heads’ matrices to the seeded ones',
          (first?.heads ?? []).flatMap(({ name, layer, head }, at) => [
            { name: `query-key of ${name} ${layer}.${head}`, values: ofPoints(({ heads }) => heads[at]?.queryKey) },
            { name: `value-output of ${name} ${layer}.${head}`, values: ofPoints(({ heads }) => heads[at]?.valueOutput) },
          ]),
          SHARE,
        )}
        {points.some(({ text }) => text !== null)
          ? plot(
              'Text: by how much the loss rises without the circuits, in nats',
              (['known', 'rest'] as const).map((part) => ({
                name: part === 'known' ? 'targets that a circuit knows' : 'the others',
                values: ofPoints(({ text }) => {
                  const found = text?.[part];
                  return found?.loss == null || found.without === null ? null : found.without - found.loss;
                }),
              })),
              [0, 0],
            )
          : null}
        <Readers drift={drift} />
      </Section>
    </>
  );
}

function circuitAt(point: DriftPoint, name: string): DriftCircuit | undefined {
  return point.circuits.find((each) => each.name === name);
}

/** Who uses what the circuits write at the last checkpoint, and which heads without a program do the same. */
function Readers({ drift }: { readonly drift: PageDrift }): JSX.Element | null {
  const last = drift.points.at(-1);
  if (last === undefined || last.readers.length + last.others.length === 0) return null;
  return (
    <Scroll label="readers of the circuits">
      <table>
        <caption>{`At ${stepName(last)}: who reads what circuits write, and who attends as one should`}</caption>
        <tbody>
          {last.readers.slice(0, LISTED).map(({ layer, head, strength, deviations }) => (
            <tr key={`${layer} ${head}`}>
              <th scope="row">{head === 'mlp' ? `the MLP of layer ${layer}` : `head ${layer}.${head}`}</th>
              <td>{`reads their dimensions ${fixed(strength)} times as strongly as random ones (${fixed(deviations, 0)} deviations)`}</td>
            </tr>
          ))}
          {last.others.map(({ layer, head, as, attention }) => (
            <tr key={`${layer} ${head} ${as}`}>
              <th scope="row">{`head ${layer}.${head}`}</th>
              <td>{`has no program, and attends as ${as} should: ${percent(attention)}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

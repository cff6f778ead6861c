/** What `raspc drift` prints, and its JSON. */
import { writtenBy } from '../../drift/measure-drift.ts';
import { CAUSE } from '../report/cause-words.ts';
import type { Session } from '../session/session.ts';
import type { Json } from '../terminal/json.ts';
import { textTable } from '../terminal/text/text-table.ts';
import { circuitAt, courseOf, stepName } from './drift-words.ts';
import type { History } from './measure-checkpoints.ts';

const LISTED = 5;

export function driftJson(history: History): Json {
  const { map, tokens, points } = history;
  return {
    tokens,
    circuits: map.circuits.map(({ name }) => ({ name, course: courseOf(history, name) })),
    points: points.map(({ path, step, drift }) => ({
      path,
      step,
      circuits: drift.circuits.map((circuit) => ({
        ...circuit,
        heads: circuit.heads.map((head) => ({ ...head })),
        causes: circuit.causes.map((cause) => ({ ...cause })),
      })),
      heads: drift.heads.map((head) => ({ ...head })),
      entries: drift.entries.map((part) => ({ ...part })),
      stream: drift.stream,
      readers: drift.readers.map((reader) => ({ ...reader })),
      others: drift.others.map((other) => ({ ...other })),
      text: drift.text === null ? null : { targets: drift.text.targets, known: { ...drift.text.known }, rest: { ...drift.text.rest } },
    })),
  };
}

export function printDrift(session: Session, history: History): void {
  const { map, points, tokens } = history;
  const { theme } = session;
  const last = points.at(-1) as History['points'][number];
  session.print(
    `${theme.strong('drift')} of ${map.circuits.length === 1 ? 'a circuit' : `${map.circuits.length} circuits`} over ${points.length - 1} checkpoints, on ${tokens} tokens whose second half is as the first`,
  );
  for (const { name } of map.circuits) {
    session.print('');
    session.print(`${theme.strong(name)} ${courseOf(history, name)}`);
    const heads = circuitAt(last, name).heads;
    const rows = points.map((point) => {
      const circuit = circuitAt(point, name);
      return [
        stepName(point),
        circuit.verdict,
        circuit.works.toFixed(2),
        ...circuit.heads.map(({ attention }) => attention.toFixed(2)),
        circuit.heads.length === 0 ? '' : Math.max(...circuit.heads.map(({ sink }) => sink)).toFixed(2),
        circuit.said.toFixed(2),
        circuit.accuracy?.toFixed(2) ?? '',
        circuit.causes.map(({ part, gains }) => `${part} ${percent(gains)}`).join(', '),
      ];
    });
    const titles = [
      'step',
      'state',
      'works',
      ...heads.map(({ name: head, layer, head: number }) => `${head} ${layer}.${number}`),
      'sink',
      'says',
      'model says',
      'lost by',
    ];
    for (const line of textTable([titles, ...rows])) session.print(`  ${line}`);
    const causes = new Set(points.flatMap((point) => circuitAt(point, name).causes.map(({ part }) => part)));
    for (const part of causes) session.print(`  ${CAUSE[part]}`);
  }
  session.print('');
  session.print(`weights at ${stepName(last)}, beside the seeded ones`);
  const parts = last.drift.entries.map(({ part, entries, moved, cosine, size }) => [
    part,
    String(entries),
    percent(moved / entries),
    cosine?.toFixed(3) ?? '',
    size?.toFixed(2) ?? '',
  ]);
  for (const line of textTable([['entries', 'count', 'moved', 'cosine', 'size'], ...parts])) session.print(`  ${line}`);
  const products = last.drift.heads.map(({ name, layer, head, queryKey, valueOutput }) => [
    `${name} ${layer}.${head}`,
    queryKey.toFixed(3),
    valueOutput.toFixed(3),
  ]);
  for (const line of textTable([['head', 'query-key', 'value-output'], ...products])) session.print(`  ${line}`);
  const first = points[0] as History['points'][number];
  const louder = last.drift.stream.map((rms, layer) => (rms / (first.drift.stream[layer] as number)).toPrecision(3));
  session.print(`  stream by layer: ${louder.join(' ')} times as loud as at step 0`);
  printUse(session, history, last);
}

function printUse(session: Session, { map }: History, { drift }: History['points'][number]): void {
  session.print('');
  const after = Math.min(...writtenBy(map).map((each) => each.after));
  if (drift.readers.length === 0)
    session.print(`no head or MLP after layer ${after - 1} reads the circuits' dimensions more than random ones`);
  for (const { layer, head, strength, deviations } of drift.readers.slice(0, LISTED)) {
    const reader = head === 'mlp' ? `the MLP of layer ${layer}` : `head ${layer}.${head}`;
    session.print(
      `${reader} reads the circuits' dimensions ${strength.toFixed(2)} times as strongly as random ones (${deviations.toFixed(0)} deviations)`,
    );
  }
  for (const { layer, head, as, attention } of drift.others) {
    session.print(`head ${layer}.${head}, which has no program, attends as \`${as}\` should: ${attention.toFixed(2)}`);
  }
  if (drift.text === null) return;
  for (const [what, { targets, loss, without }] of [
    ['targets that a circuit knows', drift.text.known],
    ['the other targets', drift.text.rest],
  ] as const) {
    if (loss === null || without === null) session.print(`text: no ${what}`);
    else
      session.print(
        `text: loss ${loss.toFixed(3)} on ${targets} ${what}, ${(without - loss >= 0 ? '+' : '') + (without - loss).toFixed(3)} without the circuits`,
      );
  }
}

function percent(value: number): string {
  return `${Math.round(100 * value)}%`;
}

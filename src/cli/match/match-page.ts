/** One self-contained page: a map of all heads, and of each that is known what was measured. Nothing is loaded from anywhere. */
import type { Interval } from '../../match/interval.ts';
import type { HeadMatch, Matched } from '../../match/match-checkpoint.ts';
import { SINK } from '../../match/verdict.ts';
import { htmlText } from '../../page/data/html-text.ts';
import { pathText, placeOf, saysOf } from './match-report.ts';

const COLORS = ['#1b6ca8', '#c8553d', '#3a7d44', '#8a5a9e', '#b8860b', '#0f8b8d', '#b03a6f', '#6b7a1f', '#5c4a8f', '#a0522d'];
const CELL = 18;

export function matchPage(path: string, matched: Matched): string {
  const functions = [...new Set(matched.heads.flatMap(({ candidate }) => (candidate === null ? [] : [candidate.name])))].sort();
  const colorOf = (name: string): string => (name === SINK ? '#dddddd' : (COLORS[functions.indexOf(name) % COLORS.length] ?? '#555555'));
  const layers = Math.max(0, ...matched.heads.map(({ look }) => look.layer)) + 1;
  const columns = Math.max(0, ...matched.heads.map(({ look }) => look.head)) + 1;
  const cells = matched.heads.map((head) => {
    const name = head.candidate?.name ?? null;
    const strength = head.verdict === 'is' ? 1 : head.verdict === 'resembles' ? 0.45 : 1;
    const title = `${placeOf(head)}: ${head.verdict}${name === null ? '' : ` ${name}, pattern ${head.trial?.fit.overlap.toFixed(2)}`}`;
    return `<rect x="${head.look.head * CELL}" y="${head.look.layer * CELL}" width="${CELL - 2}" height="${CELL - 2}" fill="${name === null ? '#f4f4f4' : colorOf(name)}" fill-opacity="${strength}"><title>${htmlText(title)}</title></rect>`;
  });
  const key = functions.map((name) => `<span style="color:${colorOf(name)}">■</span> ${htmlText(name)}`);
  const known = matched.heads.filter(({ candidate }) => candidate !== null && candidate.name !== SINK);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Heads of ${htmlText(path)}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}table{border-collapse:collapse;font-size:14px}td,th{padding:.2rem .6rem;text-align:left;border-bottom:1px solid #ddd}</style></head>
<body><h1>What the heads of ${htmlText(path)} compute</h1>
<p>A row a layer, a column a head; full colour: it is the function, pale: it resembles it.</p>
<svg width="${columns * CELL}" height="${layers * CELL}" role="img" aria-label="heads">${cells.join('')}</svg>
<p>${key.join(' &nbsp; ')}</p>
<table><tr><th>head</th><th>verdict</th><th>function</th><th>pattern</th><th>sink</th><th>moves</th><th>loss without it</th><th>loss by the program</th><th>explained</th><th>p</th><th>differs most at</th></tr>
${known.map(row).join('\n')}
</table>
<ul>${matched.paths.map((each) => `<li>${htmlText(pathText(each))}</li>`).join('')}</ul></body></html>
`;
}

function row(head: HeadMatch): string {
  const { trial, effect } = head;
  const worst = trial?.counterexamples.map(
    ({ window, query, attended, selected }) => `window ${window}, ${query}: attends ${attended}, not ${selected.join(' ')}`,
  );
  const cells = [
    placeOf(head),
    head.verdict,
    head.candidate?.name ?? '',
    trial?.fit.overlap.toFixed(2) ?? '',
    trial?.fit.sink.toFixed(2) ?? '',
    `${head.look.weights.copies.toFixed(1)} ${saysOf(head) ?? ''}`,
    effect === null ? 'not measured' : span(effect.ablated),
    effect === null ? '' : span(effect.replaced),
    effect === null ? '' : effect.explained.mean.toFixed(2),
    head.p?.toExponential(0) ?? '',
    worst?.join('; ') ?? '',
  ];
  return `<tr>${cells.map((cell) => `<td>${htmlText(cell)}</td>`).join('')}</tr>`;
}

function span({ mean, low, high }: Interval): string {
  return `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

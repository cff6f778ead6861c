/** A trace as people and programs read it: what each layer wrote, and the first variable that does not hold what it should. */
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import type { Trace, Writer, WrongVariable } from '../../verify/circuits/trace.ts';
import { placeText, wrongText } from '../../verify/circuits/wrong-words.ts';
import { type Json, valueJson } from '../terminal/json.ts';
import { textTable } from '../terminal/text/text-table.ts';

export function traceLines(trace: Trace): string[] {
  const rows = trace.steps.flatMap(({ place, right, wrong }) => {
    const cells: string[][] = [];
    if (right.length > 0) cells.push([placeText(place), right.join(', '), 'as the program says']);
    if (wrong.length > 0) cells.push([placeText(place), wrong.join(', '), 'wrong']);
    return cells;
  });
  const lines = ['layer by layer:', ...textTable(rows).map((line) => `  ${line}`)];
  if (trace.skipped.length > 0) lines.push(`  not traced, since their values are not listed: ${trace.skipped.join(', ')}`);
  return [...lines, ...conclusion(trace)];
}

/** What a trace comes to. */
function conclusion({ first, otherwise }: Trace): string[] {
  if (first !== null) return ['', ...faultLines(first)];
  if (otherwise.length > 0) return [`every variable is right for the program that it was compiled from, and that one says something else`];
  return ['every variable is right, so what reads them out of the last layer is not'];
}

function faultLines(first: WrongVariable): string[] {
  const { place, overwritten, dimension, wanted, held, writers } = first;
  const lines = [
    `first wrong: ${wrongText(first, sourceText)}`,
    `  dimension ${dimension} holds ${held.toFixed(4)} in place of ${wanted.toFixed(4)}`,
  ];
  if (overwritten) lines.push('  it was right before, so something that should not write there does');
  if (writers.length > 0) lines.push(`  written there by ${writers.map(writerText).join(', ')}`);
  else if (place.sublayer !== 'embedding') lines.push(`  nothing of layer ${place.layer} writes there`);
  return lines;
}

/** `head 0 (+1.0000, same_token)`. */
export function writerText({ kind, from, to, amount, name }: Writer): string {
  const numbers = to - from === 1 ? `${from}` : `${from} to ${to - 1}`;
  const part = kind === 'head' ? `head ${numbers}` : `${to - from === 1 ? 'neuron' : 'neurons'} ${numbers}`;
  return `${part} (${amount < 0 ? '' : '+'}${amount.toFixed(4)}, ${name ?? 'no circuit'})`;
}

export function traceJson({ steps, first, otherwise, skipped }: Trace): Json {
  return {
    steps: steps.map(({ place, right, wrong }) => ({ layer: place.layer, sublayer: place.sublayer, right, wrong })),
    first: first === null ? null : wrongJson(first),
    otherwise,
    skipped,
  };
}

function wrongJson({ place, expected, nearest, writers, ...rest }: WrongVariable): Json {
  return {
    ...rest,
    layer: place.layer,
    sublayer: place.sublayer,
    expected: expected === null ? null : valueJson(expected),
    nearest: nearest.map(valueJson),
    writers: writers.map((writer) => ({ ...writer })),
  };
}

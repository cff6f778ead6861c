/** A failed verification as a diagnostic: it points at the expression whose value is the first to be wrong inside the model. */
import { diagnose } from '../../diagnostics/catalog.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Program } from '../../graph/program.ts';
import { parseSpan } from '../../source/source-file.ts';
import type { Trace } from '../../verify/trace.ts';
import type { Verification } from '../../verify/verify-checkpoint.ts';
import { placeText, writerText } from '../report/trace-report.ts';
import { showInput } from '../terminal/show-values.ts';

/** Null where nothing is wrong. */
export function verificationFault(path: string, program: Program, result: Verification, trace: Trace | null): Diagnostic | null {
  const { failed, checked, counterexample } = result;
  if (counterexample === null) return null;
  const exported = program.exports.find(({ name }) => name === counterexample.output)?.node.spans[0];
  const first = trace?.first ?? null;
  const inside = first === null ? null : parseSpan(program.source, first.span);
  const facts = { path, failed, checked, input: showInput(counterexample.input) };
  if (first === null || inside === null) {
    return diagnose('R7601', facts, {
      span: exported,
      label: 'the checkpoint differs from this',
      notes: first === null ? [] : notesOf(first),
    });
  }
  const same = exported !== undefined && exported.start === inside.start && exported.end === inside.end;
  return diagnose('R7601', facts, {
    span: inside,
    label: `the first value that is wrong, after ${placeText(first.place)}`,
    secondary: exported === undefined || same ? [] : [{ span: exported, text: 'the output that differs' }],
    notes: notesOf(first),
  });
}

function notesOf({ name, place, dimension, writers }: NonNullable<Trace['first']>): string[] {
  const [writer] = writers;
  if (writer === undefined) return [`\`${name || 'BOS'}\` is wrong after ${placeText(place)}, in dimension ${dimension}`];
  return [`dimension ${dimension} of \`${name || 'BOS'}\` is written by ${writerText(writer)} of layer ${place.layer}`];
}

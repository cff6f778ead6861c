/** A failed verification as a diagnostic: it points at the expression whose value is the first to be wrong inside the model. */
import { diagnose } from '../../diagnostics/catalog.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Program } from '../../graph/program.ts';
import { parseSpan } from '../../source/source-file.ts';
import type { Trace } from '../../verify/circuits/trace.ts';
import { placeText } from '../../verify/circuits/wrong-words.ts';
import type { Verification } from '../../verify/verify-checkpoint.ts';
import { proofText } from '../report/proof-report.ts';
import { writerText } from '../report/trace-report.ts';
import { showInput } from '../terminal/text/show-values.ts';
import type { Report } from './verify-result.ts';

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

/** Where a proof and a run disagree one of the two is wrong, and both are raspc's. */
export function contradiction(path: string, { proof, map, engine }: Pick<Report, 'proof' | 'map' | 'engine'>, input: string): Diagnostic {
  return diagnose('R9002', { path, input, proof: proofText(proof), engine, version: map.raspc });
}

/** Whether a number is further off than the certificate of these very files claims. */
export function isClaimedBoundMissed({
  map,
  changed,
  isOwnProgram,
  result,
}: Pick<Report, 'map' | 'changed' | 'isOwnProgram' | 'result'>): boolean {
  const { holds, errorBound } = map.certificate;
  if (holds !== true || typeof errorBound !== 'number' || changed.length > 0 || !isOwnProgram) return false;
  return result.maxError !== null && !(result.maxError <= errorBound);
}

export function boundFault({ path, map, result }: Pick<Report, 'path' | 'map' | 'result'>): Diagnostic {
  return diagnose('R7611', { path, claimed: Number(map.certificate.errorBound), found: Number(result.maxError) });
}

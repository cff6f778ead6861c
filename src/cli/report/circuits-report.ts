/** What became of each circuit of a checkpoint whose weights are not those that it was compiled to, as people and programs read it. */
import type { CheckResult } from '../../checker/check-checkpoint.ts';
import { marginOfVariable } from '../../checker/claim/report.ts';
import { diagnose } from '../../diagnostics/catalog.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import { parseSpan, type SourceFile } from '../../source/source-file.ts';
import { withCommas } from '../../source/with-commas.ts';
import type { CircuitResult } from '../../verify/circuits/check-circuits.ts';
import { placeText } from '../../verify/circuits/wrong-words.ts';
import { type Json, valueJson } from '../terminal/json.ts';
import { showInput } from '../terminal/text/show-values.ts';
import { textTable } from '../terminal/text/text-table.ts';

/** The margin that a circuit has as it is compiled, but for rounding. */
const WHOLE = 0.99;

/** @param proof what the bytes alone say of the same weights */
export function circuitLines(circuits: readonly CircuitResult[], proof: CheckResult): string[] {
  const rows = circuits.map((circuit) => [circuit.name, placeText(circuit.written), verdict(circuit, provenMargin(circuit, proof))]);
  return ['circuits, each by itself:', ...textTable(rows).map((line) => `  ${line}`)];
}

/** What the checker leaves of a circuit's margin on every input, whatever becomes of others; null where it cannot say. */
function provenMargin({ variable }: CircuitResult, proof: CheckResult): number | null {
  return proof.kind === 'checked' ? marginOfVariable(proof.decisions, variable) : null;
}

function verdict({ margin, inputs, refutedBy }: CircuitResult, proven: number | null): string {
  const tried = `${withCommas(inputs)} inputs`;
  if (refutedBy !== null) {
    const { input, position, expected, place } = refutedBy;
    return `refuted  by ${showInput(input)}: at position ${position} it is not ${sourceText(expected)} after ${placeText(place)}`;
  }
  if (proven !== null && proven > 0) {
    const found = margin === null || margin >= WHOLE ? '' : `, ${margin.toFixed(3)} on ${tried}`;
    return `proven   margin at least ${proven.toPrecision(3)} on every input${found}`;
  }
  if (margin === null) return `tried    right on ${tried}`;
  return margin >= WHOLE
    ? `tried    right on ${tried}, as compiled`
    : `tried    right on ${tried}, its margin shrank to ${margin.toFixed(3)}`;
}

export function circuitsJson(circuits: readonly CircuitResult[], proof: CheckResult): Json {
  return circuits.map((circuit) => circuitJson(circuit, provenMargin(circuit, proof)));
}

function circuitJson({ name, span, written, margin, inputs, refutedBy }: CircuitResult, proven: number | null): Json {
  return {
    name,
    span,
    layer: written.layer,
    sublayer: written.sublayer,
    margin: margin === Number.NEGATIVE_INFINITY ? null : margin,
    provenMargin: proven === Number.NEGATIVE_INFINITY ? null : proven,
    inputs,
    refutedBy:
      refutedBy === null
        ? null
        : { ...refutedBy, input: refutedBy.input.map(valueJson), expected: valueJson(refutedBy.expected), place: { ...refutedBy.place } },
  };
}

/** Null where every circuit lives. Points at the first that does not. */
export function circuitsFault(path: string, source: SourceFile, circuits: readonly CircuitResult[]): Diagnostic | null {
  const refuted = circuits.filter(({ refutedBy }) => refutedBy !== null);
  const [first] = refuted;
  if (first === undefined) return null;
  const notes = refuted
    .slice(0, 5)
    .map((circuit) => `\`${circuit.name}\`, written by ${placeText(circuit.written)}, is ${verdict(circuit, null).replace(/ +/, ' ')}`);
  return diagnose(
    'R7606',
    { path, refuted: refuted.length, circuits: circuits.length },
    { span: parseSpan(source, first.span), label: 'the checkpoint no longer holds this', notes },
  );
}

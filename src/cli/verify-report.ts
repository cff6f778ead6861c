/** A verification as people and programs read it: text, JSON, JUnit's XML, or annotations of GitHub's workflow log. */
import type { CircuitMap } from '../checkpoint/circuit-map.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticToGithub } from '../diagnostics/formats.ts';
import { renderDiagnostic } from '../diagnostics/render.ts';
import type { ValueType } from '../graph/value.ts';
import type { Counterexample, Verification } from '../verify/verify-checkpoint.ts';
import { type Json, valueJson } from './json.ts';
import type { Session } from './session.ts';
import { showInput, showSequence } from './show-values.ts';

export const REPORTERS = ['text', 'json', 'junit', 'github'] as const;
export type Reporter = (typeof REPORTERS)[number];

export interface Report {
  /** The folder as the user wrote it. */
  readonly path: string;
  readonly map: CircuitMap;
  readonly result: Verification;
  readonly exhaustive: boolean;
  /** Which inputs were tried, in words. */
  readonly inputs: string;
  readonly seconds: number;
  /** What is wrong, if something is. */
  readonly fault: Diagnostic | null;
}

export function printReport(session: Session, reporter: Reporter, report: Report): void {
  switch (reporter) {
    case 'text':
      printText(session, report);
      return;
    case 'json':
      session.printJson(reportJson(report));
      return;
    case 'junit':
      session.print(junit(report));
      return;
    case 'github':
      session.print(report.fault === null ? `::notice title=raspc verify::${verdict(report)}` : diagnosticToGithub(report.fault));
      return;
  }
}

function verdict({ path, result: { checked, failed } }: Report): string {
  const inputs = checked.toLocaleString('en-US');
  return `${path}: ${failed === 0 ? `${inputs} inputs, no mismatch` : `${failed.toLocaleString('en-US')} of ${inputs} inputs`}`;
}

function printText(session: Session, report: Report): void {
  const { theme } = session;
  const { failed, tokens, worstMargin, maxError, counterexample } = report.result;
  const { certificate, outputs } = report.map;
  session.print(`${failed === 0 ? theme.success('verified') : theme.failure('wrong')} ${verdict(report)}`);
  session.print(`  ${report.inputs}`);
  if (worstMargin !== null) session.print(`  worst margin ${worstMargin.toFixed(4)} (1 is ideal, 0 would be a tie)`);
  if (maxError !== null) session.print(`  largest error of a number ${maxError.toExponential(1)}`);
  if (failed === 0 && certificate.holds === true) {
    session.print(`  certificate holds for all inputs: margin ${Number(certificate.worstMargin).toPrecision(3)}`);
  }
  if (session.io.stderr.isTerminal) {
    session.remark(`  ${Math.round(tokens / Math.max(report.seconds, 1e-3)).toLocaleString('en-US')} tokens a second`);
  }
  if (counterexample === null) return;
  const type = outputs.find(({ name }) => name === counterexample.output)?.type as ValueType;
  session.print('');
  for (const line of mismatch(counterexample, type)) session.print(`  ${line}`);
}

function mismatch({ input, output, position, expected, actual }: Counterexample, type: ValueType): string[] {
  return [
    `${output}(${showInput(input)}), at position ${position}:`,
    `  program     ${showSequence(expected, type)}`,
    `  checkpoint  ${showSequence(actual, type)}`,
  ];
}

function reportJson({ result, exhaustive, map }: Report): Json {
  const { checked, failed, worstMargin, maxError, counterexample } = result;
  return {
    checked,
    failed,
    exhaustive,
    worstMargin,
    maxError,
    counterexample: counterexample === null ? null : counterexampleJson(counterexample),
    certificate: map.certificate as Json,
  };
}

function counterexampleJson({ input, output, position, expected, actual }: Counterexample): Json {
  return { input: input.map(valueJson), name: output, position, expected: expected.map(valueJson), actual: actual.map(valueJson) };
}

/** One test case for the checkpoint. */
function junit(report: Report): string {
  const { path, map, result, inputs, seconds, fault } = report;
  const name = escapeXml(`${map.outputs.map((output) => output.name).join(', ')}: ${inputs}`);
  const counts = `tests="1" failures="${fault === null ? 0 : 1}" errors="0" time="${seconds.toFixed(3)}"`;
  const attributes = `name="${name}" classname="${escapeXml(path)}" time="${seconds.toFixed(3)}"`;
  const type = map.outputs.find((output) => output.name === result.counterexample?.output)?.type;
  const details =
    fault === null ? [] : [renderDiagnostic(fault), ...(result.counterexample && type ? mismatch(result.counterexample, type) : [])];
  const testcase =
    fault === null
      ? `    <testcase ${attributes}/>`
      : `    <testcase ${attributes}>\n      <failure message="${escapeXml(fault.message)}" type="${fault.code}">${escapeXml(details.join('\n'))}</failure>\n    </testcase>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="raspc verify" ${counts}>`,
    testcase,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

/** XML has no way to write most control characters, so they become U+FFFD. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A verification as people and programs read it: text, JSON, JUnit's XML, or annotations of GitHub's workflow log. */
import { diagnosticToGithub } from '../diagnostics/formats.ts';
import type { Counterexample } from '../verify/verify-checkpoint.ts';
import { type Json, valueJson } from './json.ts';
import { junitXml } from './junit.ts';
import type { Session } from './session.ts';
import { traceJson } from './trace-report.ts';
import { failureLines, type Report, verdict, words } from './verify-result.ts';

export const REPORTERS = ['text', 'json', 'junit', 'github'] as const;
export type Reporter = (typeof REPORTERS)[number];

export function printReport(session: Session, reporter: Reporter, report: Report): void {
  switch (reporter) {
    case 'text':
      printText(session, report);
      return;
    case 'json':
      session.printJson(reportJson(report));
      return;
    case 'junit':
      session.print(junitXml(report));
      return;
    case 'github':
      session.print(report.fault === null ? `::notice title=raspc verify::${verdict(report)}` : diagnosticToGithub(report.fault));
      return;
  }
}

function printText(session: Session, report: Report): void {
  const { theme } = session;
  const { failed, tokens, worstMargin, maxError } = report.result;
  const { certificate } = report.map;
  session.print(`${failed === 0 ? theme.success('verified') : theme.failure('wrong')} ${verdict(report)}`);
  session.print(`  ${words(report)}`);
  if (worstMargin !== null) session.print(`  worst margin ${worstMargin.toFixed(4)} (1 is ideal, 0 would be a tie)`);
  if (maxError !== null) session.print(`  largest error of a number ${maxError.toExponential(1)}`);
  if (failed === 0 && certificate.holds === true) {
    session.print(`  certificate holds for all inputs: margin ${Number(certificate.worstMargin).toPrecision(3)}`);
  }
  if (session.io.stderr.isTerminal) {
    session.remark(`  ${Math.round(tokens / Math.max(report.seconds, 1e-3)).toLocaleString('en-US')} tokens a second`);
  }
  for (const line of failureLines(report)) session.print(line === '' ? '' : `  ${line}`);
}

function reportJson({ result, plan, map, trace }: Report): Json {
  const { checked, complete, failed, worstMargin, maxError, counterexample } = result;
  return {
    checked,
    complete: plan.endless || complete,
    failed,
    exhaustive: plan.exhaustive && complete,
    worstMargin,
    maxError,
    counterexample: counterexample === null ? null : counterexampleJson(counterexample),
    trace: trace === null ? null : traceJson(trace),
    certificate: map.certificate as Json,
  };
}

function counterexampleJson({ input, output, position, expected, actual }: Counterexample): Json {
  return { input: input.map(valueJson), name: output, position, expected: expected.map(valueJson), actual: actual.map(valueJson) };
}

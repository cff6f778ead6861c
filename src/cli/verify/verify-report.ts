/** A verification as people and programs read it: text, JSON, JUnit's XML, or annotations of GitHub's workflow log. */
import { diagnosticToGithub } from '../../diagnostics/formats.ts';
import type { Counterexample } from '../../verify/verify-checkpoint.ts';
import { circuitLines, circuitsJson } from '../report/circuits-report.ts';
import { proofJson, proofText } from '../report/proof-report.ts';
import { traceJson } from '../report/trace-report.ts';
import type { Session } from '../session/session.ts';
import { type Json, oneOrMany, valueJson } from '../terminal/json.ts';
import { junitXml } from './junit.ts';
import { OWN_ENGINE } from './native-engine.ts';
import { certificateState, failureLines, type Report, verdict, words } from './verify-result.ts';

export const REPORTERS = ['text', 'json', 'junit', 'github'] as const;
export type Reporter = (typeof REPORTERS)[number];

/** Of one checkpoint its own JSON document, of several a list of theirs. */
export function printReports(session: Session, reporter: Reporter, reports: readonly Report[]): void {
  switch (reporter) {
    case 'text':
      for (const report of reports) printText(session, report);
      return;
    case 'json':
      session.printJson(oneOrMany(reports.map(reportJson)));
      return;
    case 'junit':
      session.print(junitXml(reports));
      return;
    case 'github':
      for (const report of reports) {
        const faults = [...(report.lockFaults ?? []), ...(report.fault === null ? [] : [report.fault])];
        if (faults.length === 0) session.print(`::notice title=raspc verify::${verdict(report)}`);
        for (const fault of faults) session.print(diagnosticToGithub(fault));
      }
      return;
  }
}

function printText(session: Session, report: Report): void {
  const { theme } = session;
  const { failed, tokens, worstMargin, maxError } = report.result;
  session.print(`${failed === 0 ? theme.success('verified') : theme.failure('wrong')} ${verdict(report)}`);
  if (report.lockFaults?.length === 0) session.print('  sources, files and what the sources compile to are as locked');
  session.print(`  ${words(report)}`);
  if (report.engine !== OWN_ENGINE) session.print(`  run by ${report.engine}, whose first answers were those of the own runtime`);
  if (worstMargin !== null) session.print(`  worst margin ${worstMargin.toFixed(4)} (1 is ideal, 0 would be a tie)`);
  if (maxError !== null) session.print(`  largest error of a number ${maxError.toExponential(1)}`);
  const certificate = certificateState(report);
  if ('why' in certificate) session.print(`  no certificate: ${certificate.why}`);
  else if (failed === 0) session.print(`  certificate holds for all inputs: margin ${certificate.margin.toPrecision(3)}`);
  session.print(`  ${proofText(report.proof)}`);
  if (session.io.stderr.isTerminal) {
    session.remark(`  ${Math.round(tokens / Math.max(report.seconds, 1e-3)).toLocaleString('en-US')} tokens a second`);
  }
  if (report.circuits !== null)
    for (const line of ['', ...circuitLines(report.circuits, report.proof)]) session.print(line === '' ? '' : `  ${line}`);
  for (const line of failureLines(report)) session.print(line === '' ? '' : `  ${line}`);
}

function reportJson({ result, plan, engine, map, trace, changed, circuits, proof, lockFaults }: Report): Json {
  const { checked, complete, failed, worstMargin, maxError, counterexample } = result;
  return {
    checked,
    complete: plan.endless || complete,
    failed,
    exhaustive: plan.exhaustive && complete,
    engine,
    worstMargin,
    maxError,
    counterexample: counterexample === null ? null : counterexampleJson(counterexample),
    trace: trace === null ? null : traceJson(trace),
    changed,
    ...(circuits === null ? {} : { circuits: circuitsJson(circuits, proof) }),
    certificate: map.certificate as Json,
    proof: proofJson(proof),
    ...(lockFaults === null ? {} : { locked: lockFaults.length === 0 }),
  };
}

function counterexampleJson({ input, output, position, expected, actual }: Counterexample): Json {
  return { input: input.map(valueJson), name: output, position, expected: expected.map(valueJson), actual: actual.map(valueJson) };
}

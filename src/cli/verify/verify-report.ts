/** A verification as people and programs read it: text, JSON, JUnit's XML, or annotations of GitHub's workflow log. */
import { diagnosticToGithub, escapeData } from '../../diagnostics/formats.ts';
import { withCommas } from '../../source/with-commas.ts';
import type { Counterexample } from '../../verify/verify-checkpoint.ts';
import { circuitLines, circuitsJson } from '../report/circuits-report.ts';
import { proofJson, proofText } from '../report/proof-report.ts';
import { traceJson } from '../report/trace-report.ts';
import type { Session } from '../session/session.ts';
import { type Json, oneOrMany, valueJson } from '../terminal/json.ts';
import { certificateStanding, claimsJson, claimsOf, isProven, type Standing, verdict } from './claims.ts';
import { junitXml } from './junit.ts';
import { OWN_ENGINE } from './native-engine.ts';
import { failureLines, faultsOf, type Report, words } from './verify-result.ts';

/** The longest of the four words, and a space. */
const STANDING_WIDTH = 8;

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
        const faults = faultsOf(report);
        // a verdict is no place for a line break of a stranger's path
        if (faults.length === 0) session.print(`::notice title=raspc verify::${escapeData(verdict(report))}`);
        for (const fault of faults) session.print(diagnosticToGithub(fault));
      }
      return;
  }
}

function printText(session: Session, report: Report): void {
  const { theme } = session;
  const { failed, tokens, worstMargin, maxError } = report.result;
  const isRight = faultsOf(report).length === 0;
  const word = failed > 0 ? 'wrong' : isRight ? 'verified' : 'not verified';
  session.print(`${isRight ? theme.success(word) : theme.failure(word)} ${verdict(report)}`);
  const say = (standing: Standing | '', line: string) => session.print(`  ${standing.padEnd(STANDING_WIDTH)} ${line}`);
  if (report.lockFaults?.length === 0) session.print('  sources, files and what the sources compile to are as locked');
  const [tried, ...others] = claimsOf(report).filter(({ about }) => typeof about === 'string');
  if (tried !== undefined) say(tried.standing, words(report));
  if (report.engine !== OWN_ENGINE) say('', `run by ${report.engine}, whose first answers were those of the own runtime`);
  if (worstMargin !== null) say('', `worst margin ${worstMargin.toFixed(4)} (1 is ideal, 0 would be a tie)`);
  if (maxError !== null) say('', `largest error of a number ${maxError.toExponential(1)}`);
  for (const { standing, text } of others) say(standing, text);
  const [file, ...more] = report.changed;
  if (file !== undefined) {
    say(
      '',
      `\`${file}\`${more.length === 0 ? ' is' : ` and ${more.length} more are`} not as its map says, so what that claims is of another model`,
    );
  }
  if (!isProven(report)) say('', proofText(report.proof));
  if (session.io.stderr.isTerminal) {
    session.remark(`  ${withCommas(Math.round(tokens / Math.max(report.seconds, 1e-3)))} tokens a second`);
  }
  if (report.circuits !== null)
    for (const line of ['', ...circuitLines(report.circuits, report.proof)]) session.print(line === '' ? '' : `  ${line}`);
  for (const line of failureLines(report)) session.print(line === '' ? '' : `  ${line}`);
}

function reportJson(report: Report): Json {
  const { result, plan, engine, map, trace, changed, circuits, proof, lockFaults, scope } = report;
  const { checked, excluded, complete, failed, worstMargin, maxError, counterexample } = result;
  return {
    checked,
    ...(excluded === 0 ? {} : { excluded }),
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
    // what raspc.json says; what is so of it stands in `claims` and `proof`
    certificate: { standing: certificateStanding(report), ...map.certificate },
    proof: proofJson(proof),
    scope: { context: scope.context, vocabulary: scope.vocabulary, causal: scope.causal, less: scope.less },
    examples: plan.examples,
    claims: claimsJson(report),
    ...(lockFaults === null ? {} : { locked: lockFaults.length === 0 }),
  };
}

function counterexampleJson({ input, output, position, expected, actual }: Counterexample): Json {
  return { input: input.map(valueJson), name: output, position, expected: expected.map(valueJson), actual: actual.map(valueJson) };
}

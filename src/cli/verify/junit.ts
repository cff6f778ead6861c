/**
 * A verification as JUnit XML, by the rules that the viewers of Jenkins, GitLab and GitHub share: the schema that Jenkins' xUnit plugin
 * checks (jenkinsci/xunit-plugin, junit-10.xsd) is tested against it.
 */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { renderDiagnostic } from '../../diagnostics/render.ts';
import { missingProof } from './claims.ts';
import { scopeText } from './scope.ts';
import { failureLines, type Report, words } from './verify-result.ts';

interface Case {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: 'passed' | { readonly failure: string; readonly code: string; readonly details: string } | { readonly skipped: string };
}

/** One suite for each checkpoint. */
export function junitXml(reports: readonly Report[]): string {
  const suites = reports.map((report) => ({ report, cases: casesOf(report) }));
  const all = suites.flatMap(({ cases }) => cases);
  const seconds = reports.reduce((sum, report) => sum + report.seconds, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="raspc verify" ${counts(all)} time="${seconds.toFixed(3)}">`,
    ...suites.flatMap(({ report, cases }) => [
      `  <testsuite name="${escapeXml(report.path)}" ${counts(cases)} skipped="${having(cases, 'skipped')}" time="${report.seconds.toFixed(3)}">`,
      ...cases.flatMap((each) => caseLines(each, report.path)),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ].join('\n');
}

function counts(cases: readonly Case[]): string {
  return `tests="${cases.length}" failures="${having(cases, 'failure')}" errors="0"`;
}

function having(cases: readonly Case[], kind: 'failure' | 'skipped'): number {
  return cases.filter(({ outcome }) => outcome !== 'passed' && kind in outcome).length;
}

/** What the checkpoint computes on inputs, and what is proven of all of them. */
function casesOf(report: Report): Case[] {
  const { map, fault, proofFault, lockFaults, seconds, scope } = report;
  const outputs = map.outputs.map(({ name }) => name).join(', ');
  const missing = missingProof(report);
  const [lockFault] = lockFaults ?? [];
  const locked: Case = {
    name: `${outputs}: as locked`,
    seconds: 0,
    outcome: lockFault === undefined ? 'passed' : failureOf(lockFault, []),
  };
  return [
    ...(lockFaults === null ? [] : [locked]),
    {
      name: `${outputs}: ${words(report)}`,
      seconds,
      outcome: fault === null ? 'passed' : failureOf(fault, failureLines(report)),
    },
    {
      name: `${outputs}: proven for every input of ${scopeText(scope)}`,
      seconds: 0,
      outcome: proofFault !== null ? failureOf(proofFault, []) : missing === null ? 'passed' : { skipped: missing },
    },
  ];
}

function failureOf(fault: Diagnostic, lines: readonly string[]): Case['outcome'] {
  return { failure: fault.message, code: fault.code, details: [renderDiagnostic(fault), ...lines].join('\n') };
}

function caseLines({ name, seconds, outcome }: Case, path: string): string[] {
  const attributes = `name="${escapeXml(name)}" classname="${escapeXml(path)}" time="${seconds.toFixed(3)}"`;
  if (outcome === 'passed') return [`    <testcase ${attributes}/>`];
  const content =
    'failure' in outcome
      ? `<failure message="${escapeXml(outcome.failure)}" type="${outcome.code}">${escapeXml(outcome.details)}</failure>`
      : `<skipped message="${escapeXml(outcome.skipped)}"/>`;
  return [`    <testcase ${attributes}>`, `      ${content}`, '    </testcase>'];
}

/** XML has no way to write most control characters, so they become U+FFFD; line breaks of an attribute would become spaces. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

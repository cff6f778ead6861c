/**
 * A verification as JUnit XML, by the rules that the viewers of Jenkins, GitLab and GitHub share: the schema that Jenkins' xUnit plugin
 * checks (jenkinsci/xunit-plugin, junit-10.xsd) is tested against it.
 */
import { renderDiagnostic } from '../diagnostics/render.ts';
import { failureLines, type Report, words } from './verify-result.ts';

interface Case {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: 'passed' | { readonly failure: string; readonly code: string; readonly details: string } | { readonly skipped: string };
}

export function junitXml(report: Report): string {
  const cases = casesOf(report);
  const failures = cases.filter(({ outcome }) => outcome !== 'passed' && 'failure' in outcome).length;
  const skipped = cases.filter(({ outcome }) => outcome !== 'passed' && 'skipped' in outcome).length;
  const time = report.seconds.toFixed(3);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="raspc verify" tests="${cases.length}" failures="${failures}" errors="0" time="${time}">`,
    `  <testsuite name="${escapeXml(report.path)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${time}">`,
    ...cases.flatMap((each) => caseLines(each, report.path)),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

/** What the checkpoint computes on inputs, and what its certificate says of all of them. */
function casesOf(report: Report): Case[] {
  const { map, fault, seconds } = report;
  const outputs = map.outputs.map(({ name }) => name).join(', ');
  const holds = map.certificate.holds === true;
  return [
    {
      name: `${outputs}: ${words(report)}`,
      seconds,
      outcome:
        fault === null
          ? 'passed'
          : { failure: fault.message, code: fault.code, details: [renderDiagnostic(fault), ...failureLines(report)].join('\n') },
    },
    {
      name: `${outputs}: certificate for all inputs`,
      seconds: 0,
      outcome: holds ? 'passed' : { skipped: 'the checkpoint was compiled without a certificate that holds' },
    },
  ];
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

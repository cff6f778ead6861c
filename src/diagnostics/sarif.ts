/** Diagnostics as SARIF 2.1.0, which code hosts and editors read: one run, a rule for each code, fixes with their edits. */
import { positionAt, type Span } from '../source/source-file.ts';
import type { Diagnostic, Fix, Label, Severity } from './diagnostic.ts';

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = { error: 'error', warning: 'warning', note: 'note' };

/** @param explain the long text of a code, for its rule */
export function diagnosticsToSarif(diagnostics: readonly Diagnostic[], version: string, explain: (code: string) => string): object {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'raspc', version, rules: codes.map((id) => ({ id, fullDescription: { text: explain(id) } })) } },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((each) => resultOf(each, codes)),
      },
    ],
  };
}

function resultOf({ code, severity, message, primary, secondary, notes, help, fixes = [] }: Diagnostic, codes: readonly string[]): object {
  const text = [message, ...notes.map((note) => `note: ${note}`), ...help.map((line) => `help: ${line}`)].join('\n');
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: LEVELS[severity],
    message: { text },
    ...(primary === null ? {} : { locations: [locationOf(primary)] }),
    ...(secondary.length === 0 ? {} : { relatedLocations: secondary.map(locationOf) }),
    ...(fixes.length === 0 ? {} : { fixes: fixes.map(fixOf) }),
  };
}

function locationOf({ span, text }: Label): object {
  const place = { artifactLocation: { uri: uriOf(span) }, region: regionOf(span) };
  return { physicalLocation: place, ...(text === '' ? {} : { message: { text } }) };
}

function fixOf({ title, edits }: Fix): object {
  const files = [...new Set(edits.map(({ span }) => span.file))];
  const artifactChanges = files.map((file) => {
    const own = edits.filter(({ span }) => span.file === file);
    const [first] = own;
    return {
      artifactLocation: { uri: first === undefined ? '' : uriOf(first.span) },
      replacements: own.map(({ span, text }) => ({ deletedRegion: regionOf(span), insertedContent: { text } })),
    };
  });
  return { description: { text: title }, artifactChanges };
}

function regionOf({ file, start, end }: Span): object {
  const from = positionAt(file, start);
  const to = positionAt(file, end);
  return { startLine: from.line, startColumn: from.column, endLine: to.line, endColumn: to.column };
}

/** A path as a relative URI reference. */
function uriOf({ file }: Span): string {
  return file.path.split('\\').join('/').split('/').map(encodeURIComponent).join('/');
}

/** One run of one command: where it writes, in which form, and how it shows that it is at work. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { diagnosticToGithub, diagnosticToJson } from '../../diagnostics/formats.ts';
import { renderDiagnostics } from '../../diagnostics/render.ts';
import type { Io } from '../terminal/io.ts';
import { encodeJson, type Json } from '../terminal/json.ts';
import { type Progress, SILENT_PROGRESS, terminalProgress } from '../terminal/progress.ts';
import { printable } from '../terminal/text/printable.ts';
import { type ColorChoice, createTheme, type Theme, wantsColor } from '../terminal/theme.ts';

/** `gguf`, of `export` alone, tells its result as `text` does; `sarif`, of `check` alone, is one document. */
export type Format = 'text' | 'json' | 'github' | 'gguf' | 'sarif';

/** The options that every command has. */
export interface CommonOptions {
  readonly format: Format;
  readonly color: ColorChoice;
  readonly quiet?: boolean;
}

export interface Session {
  readonly io: Io;
  readonly format: Format;
  /** Colours of standard output. */
  readonly theme: Theme;
  /** Writes a line of results. */
  print(line: string): void;
  /** Writes the one JSON document of `--format json`. */
  printJson(document: Json): void;
  /** Writes a line that is not a result to standard error, unless `--quiet`. */
  remark(line: string): void;
  /** Shows diagnostics: to a person on standard error, or as annotations. */
  report(diagnostics: readonly Diagnostic[]): void;
  /** Starts the progress line of one task. */
  progress(label: string): Progress;
}

export function createSession(io: Io, options: CommonOptions): Session {
  const errorTheme = createTheme(wantsColor(options.color, io.stderr.isTerminal, io.environment));
  let reported = false;
  return {
    io,
    format: options.format,
    theme: createTheme(wantsColor(options.color, io.stdout.isTerminal, io.environment)),
    print: (line) => io.stdout.write(`${printable(line)}\n`),
    printJson: (document) => io.stdout.write(`${encodeJson(document)}\n`),
    remark(line) {
      if (!options.quiet) io.stderr.write(`${printable(line)}\n`);
    },
    report(diagnostics) {
      if (diagnostics.length === 0) return;
      if (options.format === 'github') {
        for (const diagnostic of diagnostics) io.stdout.write(`${diagnosticToGithub(diagnostic)}\n`);
        return;
      }
      io.stderr.write(`${reported ? '\n' : ''}${printable(renderDiagnostics(diagnostics, errorTheme))}\n`);
      reported = true;
    },
    progress: (label) => (io.stderr.isTerminal && !options.quiet ? terminalProgress(label, io) : SILENT_PROGRESS),
  };
}

/** What `check` prints, and every command that fails under `--format json`. */
export function diagnosticsJson(diagnostics: readonly Diagnostic[]): Json {
  return {
    ok: diagnostics.every((d) => d.severity !== 'error'),
    diagnostics: diagnostics.map((d) => diagnosticToJson(d) as unknown as Json),
  };
}

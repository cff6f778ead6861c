/** `raspc check FILE...`: every fault of programs, whether their examples hold, and what is odd about them; with `--target`, what compiling says. */
import type { TextTokenizer } from '../../../checkpoint/texts/text-tokenizer.ts';
import type { CompileOptions } from '../../../compiler/options.ts';
import { CATALOG, type DiagnosticCode } from '../../../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../../../diagnostics/diagnostic.ts';
import { diagnosticsToSarif } from '../../../diagnostics/sarif.ts';
import type { Program } from '../../../graph/program.ts';
import { checkSource } from '../../../library/check-text.ts';
import { findTarget, TARGETS } from '../../../targets/registry.ts';
import type { Target } from '../../../targets/target.ts';
import { VERSION } from '../../../version.ts';
import { effortOption } from '../../compile/effort-option.ts';
import { readSource } from '../../files/read-source.ts';
import { sourceLoader } from '../../files/source-loader.ts';
import { type CommandDefinition, choiceOption } from '../../session/command.ts';
import { TOKENIZER_OPTION, tokenizerFaults, tokenizerOption } from '../../session/read-tokenizer.ts';
import { diagnosticsJson, type Session } from '../../session/session.ts';
import { EXIT, exitCodeOf } from '../../terminal/exit-codes.ts';
import type { Json } from '../../terminal/json.ts';

interface Options {
  readonly tokenizer?: string;
  readonly target?: string;
  readonly effort?: number;
  readonly denyWarnings?: true;
}

export const check: CommandDefinition<Options> = {
  example: 'raspc check programs/hist.rasp',
  formats: ['github', 'sarif'],
  configure: (command) =>
    command
      .argument('<file...>', 'RASP programs, `-` for standard input')
      .option(...TOKENIZER_OPTION)
      .addOption(
        choiceOption(
          '--target',
          'also what compiling for this model family would say',
          TARGETS.map(({ name }) => name),
        ),
      )
      .addOption(effortOption())
      .option('--deny-warnings', 'fail (1) where there is a warning'),
  async run(session, paths, options) {
    const { denyWarnings = false, effort = 1 } = options;
    const target = options.target === undefined ? null : findTarget(options.target);
    const all: Diagnostic[] = [];
    const tokenizer = tokenizerOption(options.tokenizer, session.io.directory);
    for (const path of paths) {
      const { diagnostics, examples } = await checkFile(path, session, { target, effort, tokenizer });
      all.push(...diagnostics);
      session.report(diagnostics);
      if (diagnostics.every(({ severity }) => severity !== 'error') && session.format === 'text') {
        const hold = examples === 0 ? '' : `, ${examples} example${examples === 1 ? '' : 's'} hold${examples === 1 ? 's' : ''}`;
        const warnings = diagnostics.length === 0 ? '' : `, ${diagnostics.length} warning${diagnostics.length === 1 ? '' : 's'}`;
        session.print(`${session.theme.success('ok')} ${path}${hold}${warnings}`);
      }
    }
    const isDenied = denyWarnings && all.some(({ severity }) => severity === 'warning');
    if (session.format === 'json') session.printJson(isDenied ? { ...(diagnosticsJson(all) as object), ok: false } : diagnosticsJson(all));
    if (session.format === 'sarif') {
      const sarif = diagnosticsToSarif(all, VERSION, (code) => CATALOG[code as DiagnosticCode].explanation);
      session.printJson(sarif as Json);
    }
    const exit = exitCodeOf(all);
    return exit === EXIT.done && isDenied ? EXIT.failed : exit;
  },
};

interface Against {
  readonly target: Target | null;
  readonly effort: number;
  readonly tokenizer: TextTokenizer | null;
}

interface Checked {
  readonly diagnostics: readonly Diagnostic[];
  readonly examples: number;
}

async function checkFile(path: string, session: Session, against: Against): Promise<Checked> {
  const { target, tokenizer } = against;
  const { io } = session;
  try {
    const file = await readSource(path, io);
    const { observed, diagnostics } = checkSource(file, { loader: sourceLoader(file.path, io.directory) });
    if (observed === null || diagnostics.some(({ severity }) => severity === 'error')) return { diagnostics, examples: 0 };
    const { program } = observed;
    const tokenized = tokenizer === null ? [] : tokenizerFaults(program, tokenizer);
    const compiling = target === null ? [] : await compilingSays(program, { ...against, target }, session);
    return { diagnostics: [...tokenized, ...compiling, ...diagnostics], examples: program.examples.length };
  } catch (fault) {
    if (fault instanceof DiagnosticError) return { diagnostics: fault.diagnostics, examples: 0 };
    throw fault;
  }
}

/** The compiler is loaded where it is asked for. */
async function compilingSays(
  program: Program,
  { target, effort }: Pick<CompileOptions, 'target'> & Pick<Against, 'effort'>,
  session: Session,
): Promise<readonly Diagnostic[]> {
  const { compile } = await import('../../../compiler/compile.ts');
  const progress = session.progress('compiling');
  try {
    compile(program, { target, effort, dtype: 'f32', compute: 'f32', onStage: progress.at });
    return [];
  } catch (fault) {
    if (fault instanceof DiagnosticError) return fault.diagnostics;
    throw fault;
  } finally {
    progress.finish();
  }
}

/** Joins what a program's directives say with the options that override them, and reports what is missing or absurd. */
import { diagnose } from '../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { Export, Program } from '../graph/program.ts';
import type { Value } from '../graph/value.ts';
import type { Assumptions } from '../passes/facts/facts.ts';
import type { CompileOptions } from './options.ts';

/** More tokens or positions than this would make tables that nobody can use. */
const LARGEST_VOCABULARY = 100_000;
const LONGEST_CONTEXT = 16_384;

export interface Request {
  readonly exports: readonly Export[];
  readonly assumptions: Assumptions;
}

export function resolveRequest(program: Program, options: CompileOptions): Request {
  const problems: Diagnostic[] = [];
  const vocabulary = resolveVocabulary(program, options, problems);
  const context = options.context ?? program.context?.length;
  if (context === undefined) problems.push(diagnose('R5001', {}));
  else if (context > LONGEST_CONTEXT) {
    const span = options.context === undefined ? program.context?.span : null;
    problems.push(diagnose('R5002', { what: 'context', size: context, limit: LONGEST_CONTEXT }, { span }));
  }
  if (vocabulary !== null && vocabulary.length > LARGEST_VOCABULARY) {
    problems.push(
      diagnose('R5002', { what: 'vocabulary', size: vocabulary.length, limit: LARGEST_VOCABULARY }, { span: program.vocabulary?.span }),
    );
  }
  if (program.exports.length === 0) problems.push(diagnose('R4009', {}));
  if (problems.length > 0 || vocabulary === null || context === undefined) throw new DiagnosticError(problems);
  const causal = options.causal ?? program.causal?.value ?? false;
  return { exports: program.exports, assumptions: { vocabulary, context, causal, assumes: program.assumes.map(({ node }) => node) } };
}

function resolveVocabulary(program: Program, options: CompileOptions, problems: Diagnostic[]): readonly Value[] | null {
  if (options.vocabulary !== undefined) return options.vocabulary;
  if (program.vocabulary === null) problems.push(diagnose('R4001', {}));
  else if (program.vocabulary.kind !== 'tokens')
    problems.push(diagnose('R4002', { open: program.vocabulary.kind }, { span: program.vocabulary.span }));
  else return program.vocabulary.values;
  return null;
}

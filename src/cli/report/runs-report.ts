/** Runs of a program on its own output, as text and as JSON. */
import type { GeneratedRun, RunEnd } from '../../graph/evaluate/generate.ts';
import { sequenceType } from '../../graph/evaluate/sequence.ts';
import type { Value } from '../../graph/value.ts';
import type { Session } from '../session/session.ts';
import { valueJson } from '../terminal/json.ts';
import { showInput, showSequence } from '../terminal/text/show-values.ts';

const ENDS: Readonly<Record<RunEnd, string>> = { halt: 'halted', context: 'the context is full', max: 'as many tokens as asked for' };

export function printRuns(session: Session, name: string, runs: readonly (GeneratedRun & { readonly input: readonly Value[] })[]): void {
  if (session.format === 'json') {
    const results = runs.map(({ input, output, end }) => ({ input: input.map(valueJson), output: output.map(valueJson), end }));
    session.printJson({ name, results });
    return;
  }
  for (const { input, output, end } of runs) {
    const shown = output.length === 0 ? '[]' : showSequence(output, sequenceType(output) ?? 'string');
    session.print(`${session.theme.strong(name)}(${showInput(input)}) → ${shown}  ${session.theme.faint(ENDS[end])}`);
  }
}

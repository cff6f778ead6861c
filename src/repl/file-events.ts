/** What a file that is loaded would print, kept until it is done: names that its loader sees, texts and faults. */
import type { Term } from '../graph/elaborate/terms/term.ts';
import type * as ast from '../syntax/ast.ts';

export type FileEvent =
  | { readonly kind: 'named'; readonly name: string; readonly term: Term }
  | { readonly kind: 'text' | 'fault'; readonly text: string };

/** The names that a statement of a file gives something to, or asks for. */
export function namesShown(statement: ast.Statement, value: Term | null): readonly string[] {
  if (statement.kind === 'assignment') return statement.targets.map(({ name }) => name);
  if (statement.kind === 'function') return [statement.name.name];
  const isAsked = statement.kind === 'expression-statement' && statement.expression.kind === 'name' && value !== null;
  return isAsked ? [statement.expression.name] : [];
}

/** The last value of each name, or everything where there was a fault. */
export function shownEvents(events: readonly FileEvent[]): readonly FileEvent[] {
  if (events.some((event) => event.kind === 'fault')) return events;
  const last = new Map(events.map((event, index) => [event.kind === 'named' ? event.name : index, event]));
  return events.filter((event, index) => last.get(event.kind === 'named' ? event.name : index) === event);
}

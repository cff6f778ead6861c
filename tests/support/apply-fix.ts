/** The text of a file after a fix of it. */
import type { Fix } from '../../src/diagnostics/diagnostic.ts';

export function applyFix(text: string, { edits }: Fix): string {
  let result = text;
  for (const { span, text: written } of [...edits].sort((a, b) => b.span.start - a.span.start)) {
    result = result.slice(0, span.start) + written + result.slice(span.end);
  }
  return result;
}

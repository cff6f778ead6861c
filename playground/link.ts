/** What stands in the playground as the fragment of an address, and back: nothing of it is ever sent to a server. */
import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';

export interface Shared {
  readonly name: string;
  readonly text: string;
  readonly input: string;
  readonly target: string;
}

/** `#` and JSON, deflated, as base64 without what an address would have to escape. */
export function toFragment({ name, text, input, target }: Shared): string {
  const bytes = deflateSync(strToU8(JSON.stringify({ name, text, input, target })), { level: 9 });
  const coded = btoa(strFromU8(bytes, true));
  return `#${coded.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')}`;
}

/** The input of a program's own first `@example`. */
export function exampleInput(text: string): string {
  const [, quoted = '', listed = ''] = /@example\s+\w+\((?:"([^"]*)"|(\[[^\]]*\]))\)/.exec(text) ?? [];
  return quoted || listed;
}

/** Null for a fragment that is none of these, or was cut off. */
export function fromFragment(fragment: string): Shared | null {
  try {
    const coded = fragment.slice(1).replace(/-/g, '+').replace(/_/g, '/');
    const found: unknown = JSON.parse(strFromU8(inflateSync(strToU8(atob(coded), true))));
    return isShared(found) ? found : null;
  } catch {
    return null;
  }
}

function isShared(found: unknown): found is Shared {
  if (typeof found !== 'object' || found === null) return false;
  const fields = found as Record<string, unknown>;
  return ['name', 'text', 'input', 'target'].every((field) => typeof fields[field] === 'string');
}

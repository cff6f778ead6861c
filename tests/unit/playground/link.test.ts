/** Programs in addresses: what goes in comes out, and what is no program is none. */
import { describe, expect, test } from 'vitest';
import { fromFragment, toFragment } from '../../../playground/link.ts';

const SHARED = { name: 'hist', text: '# ⊕ "é"\nx = tokens;\n'.repeat(40), input: '["a", "<b>"]', target: 'gpt2' };

describe('an address', () => {
  test('has the whole program, in characters that no address has to escape', () => {
    const fragment = toFragment(SHARED);
    expect(fragment).toMatch(/^#[\w-]+$/);
    expect(fromFragment(fragment)).toEqual(SHARED);
  });

  test.each(['', '#', '#section', toFragment(SHARED).slice(0, -8), `#${btoa('{}')}`])('that is none, %j', (fragment) => {
    expect(fromFragment(fragment)).toBeNull();
  });
});

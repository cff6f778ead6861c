/** The heads of a table's columns: each token with its position. */
import type { JSX } from 'preact';

export function TokenHeads({ input }: { readonly input: readonly string[] }): JSX.Element {
  return (
    <>
      {input.map((token, at) => (
        <th key={at} scope="col">
          <span class="position">{at}</span> {token}
        </th>
      ))}
    </>
  );
}

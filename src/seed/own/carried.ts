/** A program whose tokens are read from the model's own embedding: a head of the first layer leaves their codes in the stream for those behind it. */
import { nameHeads, type RequestedPlace } from '../program/place-heads.ts';
import type { Content, MatchHead, SeedHead, SeedProgram, ShiftHead } from '../program/seed-program.ts';

/** The head that looks at its own position. */
const CARRIER: ShiftHead = { kind: 'shift', key: 'own token', name: 'token', span: null, by: 0, moves: { kind: 'tokens' } };

/**
 * Only the first layer reads the embedding and nothing else: heads that move tokens by a distance stay there, all others read what the carrier left.
 *
 * @param places heads that were asked for elsewhere
 */
export function carried(program: SeedProgram, places: ReadonlyMap<string, RequestedPlace>): SeedProgram {
  const names = nameHeads(program);
  const changed = new Map<string, SeedHead>();
  let isCarried = false;
  const through = (content: Content): Content => {
    if (content.kind === 'moved') return { kind: 'moved', head: changed.get(content.head.key) ?? content.head };
    isCarried = true;
    return { kind: 'moved', head: CARRIER };
  };
  const changeOf = (head: SeedHead): SeedHead => {
    switch (head.kind) {
      case 'shift': {
        const isFirst = head.moves.kind === 'tokens' && (places.get(names.get(head.key) ?? '')?.layer ?? 0) === 0;
        return isFirst ? head : { ...head, moves: through(head.moves) };
      }
      case 'first':
        return { ...head, moves: through(head.moves) };
      case 'match':
        return {
          ...head,
          matches: head.matches.map(({ key, query }) => ({ key: through(key), query: through(query) })),
          moves: movedBy(head, through),
        };
      case 'mean':
        return head;
    }
  };
  for (const head of program.heads) changed.set(head.key, changeOf(head));
  const heads = program.heads.map(({ key }) => changed.get(key) as SeedHead);
  return {
    heads: isCarried ? [CARRIER, ...heads] : heads,
    outputs: program.outputs.map((output) => ({ ...output, head: changed.get(output.head.key) as SeedHead })),
  };
}

function movedBy({ moves }: MatchHead, through: (content: Content) => Content): MatchHead['moves'] {
  return moves.kind === 'presence' ? moves : through(moves);
}

/** Tokens that are read in some way are what a table says of the tokens themselves, if it says it of every token of the alphabet. */

import { castToken } from '../../../../graph/evaluate/evaluate.ts';
import { applyOperation } from '../../../../graph/evaluate/values/apply-operation.ts';
import { valueKey } from '../../../../graph/value.ts';
import { attempt } from '../../combinations.ts';
import type { CheckedLaw } from '../law.ts';

export const oneReading: CheckedLaw = {
  name: 'one-reading',
  sops({ values }, original, claimed) {
    if (original.kind !== 'tokens' || claimed.kind !== 'elementwise' || claimed.operation.kind !== 'lookup') return false;
    const { operation, args } = claimed;
    const [looked] = args;
    if (looked?.kind !== 'tokens') return false;
    return values.assumptions.vocabulary.every((token) => {
      const read = attempt(() => castToken(token, original.cast));
      const found = attempt(() => applyOperation(operation, [castToken(token, looked.cast)]));
      return read !== undefined && found !== undefined && valueKey(read) === valueKey(found);
    });
  },
};

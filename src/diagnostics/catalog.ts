/** The catalog of every diagnostic that raspc gives, and the two ways to make one: `diagnose` returns it, `fail` throws it. */

import { STYLE } from './catalog/r1-style.ts';
import { SYNTAX } from './catalog/r1-syntax.ts';
import { NAMES } from './catalog/r2-names.ts';
import { TYPES } from './catalog/r3-types.ts';
import { VALUES } from './catalog/r3-values.ts';
import { DOMAINS } from './catalog/r4-domains.ts';
import { CAPACITY } from './catalog/r5-capacity.ts';
import { PRECISION } from './catalog/r6-precision.ts';
import { CHECKPOINTS } from './catalog/r7-checkpoints.ts';
import { GRAFTING } from './catalog/r7-grafting.ts';
import { GROUND_TRUTH } from './catalog/r7-ground-truth.ts';
import { SEEDING } from './catalog/r7-seeding.ts';
import { TOKENIZERS } from './catalog/r7-tokenizers.ts';
import { VERIFICATION } from './catalog/r7-verification.ts';
import { COMMAND_LINE } from './catalog/r8-command-line.ts';
import { INTERNAL } from './catalog/r9-internal.ts';
import { READINGS } from './catalog/w1-precedence.ts';
import { UNUSED } from './catalog/w2-names.ts';
import { CONSTANT } from './catalog/w3-values.ts';
import { catalogReporter } from './catalog-entry.ts';

export const CATALOG = {
  ...SYNTAX,
  ...STYLE,
  ...NAMES,
  ...TYPES,
  ...VALUES,
  ...DOMAINS,
  ...CAPACITY,
  ...PRECISION,
  ...CHECKPOINTS,
  ...SEEDING,
  ...GRAFTING,
  ...GROUND_TRUTH,
  ...TOKENIZERS,
  ...VERIFICATION,
  ...COMMAND_LINE,
  ...INTERNAL,
  ...READINGS,
  ...UNUSED,
  ...CONSTANT,
} as const;

export type DiagnosticCode = keyof typeof CATALOG;

/** What the message of a code is made from. */
export type FactsOf<Code extends DiagnosticCode> = Parameters<(typeof CATALOG)[Code]['message']>[0];

export const { diagnose, fail } = catalogReporter(CATALOG);

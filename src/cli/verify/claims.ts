/**
 * What a report says, each claim with what it rests on. Every reporter prints these, so that none can say more than another: *proven* (the
 * checker re-established it from these bytes, this config and this source), *tried* (on inputs), *claimed* (the circuit map says so), and
 * *refuted* (an input shows otherwise).
 */
import { marginOfVariable } from '../../checker/claim/report.ts';
import { withCommas } from '../../source/with-commas.ts';
import { proofText } from '../report/proof-report.ts';
import type { Json } from '../terminal/json.ts';
import { scopeText } from './scope.ts';
import type { Report } from './verify-result.ts';

export type Standing = 'proven' | 'tried' | 'claimed' | 'refuted';

export interface Claim {
  readonly standing: Standing;
  /** `inputs`: the outputs on those that were tried. `all inputs`: on every one. Else the circuit of this name. */
  readonly about: 'inputs' | 'all inputs' | { readonly circuit: string };
  /** A line, to be read after the standing. */
  readonly text: string;
}

/** The claims of one checkpoint, those about its outputs first. */
export function claimsOf(report: Report): Claim[] {
  return [triedClaim(report), ...allInputsClaim(report), ...circuitClaims(report)];
}

function triedClaim(report: Report): Claim {
  const { failed, checked } = report.result;
  const inputs = withCommas(checked);
  return failed === 0
    ? { standing: 'tried', about: 'inputs', text: `${inputs} inputs, no mismatch` }
    : { standing: 'refuted', about: 'inputs', text: `wrong on ${withCommas(failed)} of ${inputs} inputs` };
}

/** Nothing where neither the checker nor the map says anything of all inputs. */
function allInputsClaim(report: Report): Claim[] {
  const about = 'all inputs';
  const { proof, result, scope } = report;
  const wrong = result.failed > 0;
  const where = `every input of ${scopeText(scope)}`;
  if (isProven(report)) {
    return wrong
      ? [{ standing: 'refuted', about, text: `${proofText(proof)}, for ${where}: raspc is at fault` }]
      : [{ standing: 'proven', about, text: `${proofText(proof)}, for ${where}` }];
  }
  const claimed = claimedMargin(report);
  if (claimed === null) return [];
  return [
    wrong || report.isBoundMissed
      ? { standing: 'refuted', about, text: `its certificate in raspc.json (margin ${claimed}), by an input that was tried` }
      : { standing: 'claimed', about, text: `by whoever wrote raspc.json: margin ${claimed} for ${where}` },
  ];
}

function circuitClaims({ circuits, proof }: Report): Claim[] {
  return (circuits ?? []).map(({ name, inputs, refutedBy, variable }) => {
    const about = { circuit: name };
    if (refutedBy !== null) return { standing: 'refuted', about, text: 'by an input that was tried' };
    const margin = proof.kind === 'checked' ? marginOfVariable(proof.decisions, variable) : null;
    return margin !== null && margin > 0
      ? { standing: 'proven', about, text: `margin at least ${margin.toPrecision(3)}` }
      : { standing: 'tried', about, text: `${withCommas(inputs)} inputs` };
  });
}

/** Whether the checker re-established the certificate: that the model is right on every input of the scope. */
export function isProven({ proof }: Pick<Report, 'proof'>): boolean {
  return proof.kind === 'checked' && proof.holds;
}

/** Why nothing is proven, or not all that the program says; null where all is. */
export function missingProof(report: Pick<Report, 'result' | 'proof' | 'scope'>): string | null {
  if (report.result.failed > 0) return 'an input that was tried is wrong';
  if (!isProven(report)) return proofText(report.proof);
  const [less] = report.scope.less;
  return less === undefined ? null : `what is proven is less than the program asks for: ${less}`;
}

/** The margin that the circuit map claims for these files and this program; null where it claims none. */
function claimedMargin({ map, changed, isOwnProgram }: Report): string | null {
  const { holds, worstMargin } = map.certificate;
  if (holds !== true || changed.length > 0 || !isOwnProgram || typeof worstMargin !== 'number') return null;
  return worstMargin.toPrecision(3);
}

/** What became of the certificate in raspc.json. */
export function certificateStanding(report: Report): Standing {
  return allInputsClaim(report)[0]?.standing ?? 'claimed';
}

export function claimsJson(report: Report): Json {
  return claimsOf(report).map(({ standing, about, text }) => ({ standing, about: typeof about === 'string' ? about : { ...about }, text }));
}

/** In a line, what it rests on included. */
export function verdict(report: Report): string {
  const { path, scope, result } = report;
  const { checked, failed } = result;
  const inputs = withCommas(checked);
  const less = scope.less.length === 0 ? '' : ` for less than its program asks for (${scope.less.join('; ')})`;
  if (failed > 0) return `${path}${less}: ${withCommas(failed)} of ${inputs} inputs`;
  const standing = isProven(report) ? `proven for every input${less === '' ? '' : ' of those'}` : 'not proven';
  return `${path}${less}: ${inputs} inputs, no mismatch; ${standing}`;
}

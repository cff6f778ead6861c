/**
 * A number as people read it: `1,234,567`, and of a fraction three digits. It is what `toLocaleString('en-US')` gives, which loads tables of
 * locales first, and so takes longer than a small program to compile.
 */
export function withCommas(value: number | bigint): string {
  const [whole = '', fraction] = (typeof value === 'bigint' ? `${value}` : `${Math.round(value * 1000) / 1000}`).split('.');
  const grouped = /^-?\d+$/.test(whole) ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole;
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** The lock file installs anywhere: it names no package host, and knows the packages of every platform, not only of the one it was written on. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

interface Entry {
  readonly version: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const text = readFileSync('package-lock.json', 'utf8');
const packages = (JSON.parse(text) as { packages: Record<string, Entry> }).packages;

describe('package-lock.json', () => {
  test('names no package host', () => {
    expect(text).not.toMatch(/"resolved": "https?:/);
  });

  // `npm ci` refuses a lock file that lacks one of them, on every platform.
  test('has every optional package, in the version that is asked for', () => {
    const places = Object.keys(packages);
    const wanted = Object.values(packages).flatMap((entry) => Object.entries(entry.optionalDependencies ?? {}));
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter(([name]) => !places.some((place) => place.endsWith(`node_modules/${name}`)))).toEqual([]);
  });
});

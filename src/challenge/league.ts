/** The score of a league, by the rule of the card game: a challenge is worth most to its setter where exactly one other team solves it. */

export interface Submission {
  readonly challenge: string;
  readonly team: string;
  /** As `challenge check` says it: 0, 0.5 or 1. */
  readonly score: number;
  /** Any measure that grows. */
  readonly time: number;
}

export interface League {
  readonly teams: readonly string[];
  readonly challenges: readonly { readonly name: string; readonly setter: string }[];
  readonly submissions: readonly Submission[];
}

const SETTER = 6;
const SOLVER = 3;
const FIRST = 1;
const PART = 1;

/** Points by team, most first. */
export function leagueTable({ teams, challenges, submissions }: League): readonly { readonly team: string; readonly points: number }[] {
  const points = new Map(teams.map((team) => [team, 0]));
  const give = (team: string, more: number) => points.set(team, (points.get(team) ?? 0) + more);
  for (const { name, setter } of challenges) {
    const others = teams.filter((team) => team !== setter);
    const best = new Map(others.map((team) => [team, { score: 0, time: Number.POSITIVE_INFINITY }]));
    for (const { challenge, team, score, time } of submissions) {
      const known = best.get(team);
      if (challenge !== name || known === undefined) continue;
      if (score > known.score || (score === known.score && time < known.time)) best.set(team, { score, time });
    }
    const solvers = [...best].filter(([, { score }]) => score === 1);
    const first = Math.min(...solvers.map(([, { time }]) => time));
    for (const [team, { score, time }] of best) {
      if (score === 1) give(team, SOLVER + (time === first ? FIRST : 0));
      else if (score > 0) give(team, PART);
    }
    // none or all: nothing; one: all of it; in between, in proportion to those who did not solve it
    const solved = solvers.length;
    if (solved > 0 && solved < others.length) give(setter, (SETTER * (others.length - solved)) / (others.length - 1));
  }
  return [...points]
    .map(([team, own]) => ({ team, points: Math.round(own * 1000) / 1000 }))
    .sort((a, b) => b.points - a.points || (a.team < b.team ? -1 : 1));
}

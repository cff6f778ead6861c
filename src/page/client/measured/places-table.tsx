/** What was measured of heads or neurons, a row a place. */
import type { JSX } from 'preact';
import type { MatchedHead } from '../../data/match-file.ts';
import { Scroll } from '../scroll.tsx';
import { fixed, spanText } from './number-text.ts';

export interface PlaceRow {
  /** `3.1`. */
  readonly place: string;
  readonly cells: readonly string[];
}

interface PlacesTableProps {
  readonly label: string;
  readonly caption: string;
  /** Of the places, and of the cells behind them. */
  readonly titles: readonly string[];
  readonly rows: readonly PlaceRow[];
}

/** The loss without it, with the program in its place, and how much of the effect that explains. */
export function effectCells(effect: MatchedHead['effect']): string[] {
  return effect === null ? ['not measured', '', ''] : [spanText(effect.ablated), spanText(effect.replaced), fixed(effect.explained[0])];
}

export function PlacesTable({ label, caption, titles, rows }: PlacesTableProps): JSX.Element {
  return (
    <Scroll label={label}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {titles.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ place, cells }) => (
            <tr key={place}>
              <th scope="row">{place}</th>
              {cells.map((text, at) => (
                <td key={at}>{text}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

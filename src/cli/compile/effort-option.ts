/** `--effort`, of every command that plans. */
import type { Option } from 'commander';
import { countOption } from '../session/command.ts';

/** How far planning goes before it gives up. */
export function effortOption(): Option {
  return countOption('--effort', 'how many times the work to do before other ways to encode the values are given up (default: 1)', 1);
}

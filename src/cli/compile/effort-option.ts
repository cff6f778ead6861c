/** `--effort`, of every command that plans. */
import type { Option } from 'commander';
import { countOption } from '../session/command.ts';

/** How far planning goes before it gives up. */
export function effortOption(): Option {
  return countOption(
    '--effort',
    'how many times the work to do before a program, or a way to encode its values, is given up (default: 1)',
    1,
  );
}

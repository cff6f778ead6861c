/** Loaded into a process that is measured: tells on standard error how much memory it had at most, in kilobytes. */
import process from 'node:process';

process.on('exit', () => process.stderr.write(`\npeak memory ${process.resourceUsage().maxRSS} kB\n`));

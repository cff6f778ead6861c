/** Runs one command: reads its arguments, and turns everything that is thrown into diagnostics and an exit code. */
import { Command, CommanderError } from 'commander';
import { diagnose, fail } from '../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../diagnostics/diagnostic.ts';
import { nearest } from '../diagnostics/nearest.ts';
import { COMMANDS } from './command-table.ts';
import { type CommandDefinition, choiceOption } from './session/command.ts';
import { type CommonOptions, createSession, diagnosticsJson } from './session/session.ts';
import { EXIT, type ExitCode, exitCodeOf } from './terminal/exit-codes.ts';
import type { Io } from './terminal/io.ts';

export async function runCommand(name: string, argv: readonly string[], io: Io): Promise<ExitCode> {
  const common = readCommon(argv);
  let session = createSession(io, common);
  try {
    const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (entry === undefined) return failUnknown(name);
    const definition = await entry.load();
    const command = describe(name, entry.summary, definition, io);
    if (!parse(command, argv)) return EXIT.done;
    const options = command.opts<CommonOptions>();
    session = createSession(io, options);
    return await definition.run(session, command.args, options as never);
  } catch (fault) {
    const diagnostics = fault instanceof DiagnosticError ? fault.diagnostics : [internal(fault, io)];
    session.report(diagnostics);
    if (session.format === 'json') session.printJson(diagnosticsJson(diagnostics));
    return exitCodeOf(diagnostics);
  }
}

function failUnknown(name: string): never {
  if (name.startsWith('-')) fail('R8002', { option: name, command: 'raspc', suggestion: nearest(name, ['--help', '--version']) });
  return fail('R8001', { command: name, suggestion: nearest(name, Object.keys(COMMANDS)) });
}

function describe(name: string, summary: string, definition: CommandDefinition<never>, io: Io): Command {
  const command = new Command(`raspc ${name}`)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .helpOption('-h, --help', 'show this')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: () => {}, outputError: () => {} })
    .configureHelp({ helpWidth: Math.min(io.stdout.columns, 100) });
  definition.configure(command);
  const formats = ['text', 'json', ...(definition.formats ?? [])];
  return command
    .addOption(choiceOption('--format', 'how results are written', formats).default('text'))
    .addOption(choiceOption('--color', 'colour in the output', ['auto', 'always', 'never']).default('auto'))
    .option('--quiet', 'no progress and no remarks')
    .addHelpText('after', `\nExample:\n  $ ${definition.example}`);
}

/** False when help was asked for and shown. */
function parse(command: Command, argv: readonly string[]): boolean {
  try {
    command.parse([...argv], { from: 'user' });
    return true;
  } catch (fault) {
    if (!(fault instanceof CommanderError)) throw fault;
    if (fault.exitCode === 0) return false;
    throw new DiagnosticError([usageDiagnostic(fault, command)]);
  }
}

/** Commander's faults in our words. */
function usageDiagnostic(fault: CommanderError, command: Command): Diagnostic {
  const name = command.name();
  const quoted = /'([^']*)'/.exec(fault.message)?.[1] ?? '';
  switch (fault.code) {
    case 'commander.unknownOption': {
      const option = quoted.replace(/=.*/s, '');
      const known = command.options.flatMap((o) => [o.long, o.short]).filter((flag) => flag !== undefined && flag !== null);
      return diagnose('R8002', { option, command: name, suggestion: nearest(option, ['--help', ...known]) });
    }
    case 'commander.missingArgument':
      return diagnose('R8003', { what: `a ${quoted.toUpperCase()}`, command: name });
    case 'commander.optionMissingArgument':
      return diagnose('R8003', { what: `a value for \`${flagOf(quoted)}\``, command: name });
    case 'commander.missingMandatoryOptionValue':
      return diagnose('R8003', { what: `\`${flagOf(quoted)}\``, command: name });
    case 'commander.excessArguments':
      return diagnose('R8006', { command: name, excess: command.args.slice(command.registeredArguments.length).join(' ') });
    default:
      return diagnose('R9001', { fault: `${fault.code}: ${fault.message}` });
  }
}

/** `-o, --output <dir>` to `--output`. */
function flagOf(flags: string): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}

function internal(fault: unknown, io: Io): Diagnostic {
  if (io.environment.RASPC_TRACE && fault instanceof Error) io.stderr.write(`${fault.stack ?? ''}\n`);
  return diagnose('R9001', { fault: fault instanceof Error ? fault.message : String(fault) });
}

/** Enough of the common options to report a command line that cannot be read. */
function readCommon(argv: readonly string[]): CommonOptions {
  const value = (flag: string) => argv.find((a) => a.startsWith(`${flag}=`))?.slice(flag.length + 1) ?? argv[argv.indexOf(flag) + 1];
  const given = (flag: string) => argv.some((a) => a === flag || a.startsWith(`${flag}=`));
  const color = given('--color') ? value('--color') : 'auto';
  return {
    format: given('--format') && value('--format') === 'json' ? 'json' : 'text',
    color: color === 'always' || color === 'never' ? color : 'auto',
    quiet: argv.includes('--quiet'),
  };
}

/** What the extension runs as raspc's language server: the setting, as a command with its arguments. */
import { isAbsolute, resolve } from 'node:path';

/** What `spawn` takes. */
export interface ServerCommand {
  readonly command: string;
  readonly args: string[];
  readonly options: { readonly cwd?: string; readonly shell: boolean };
}

/**
 * @param setting `raspc.path`: a command that the shell finds, or a path, which starts at `folder` where it is relative
 * @param folder the workspace's first folder, at which the paths of `load` start; none for a file that is open alone
 */
export function serverCommand(setting: string, folder: string | undefined, platform: NodeJS.Platform): ServerCommand {
  const named = setting.trim() === '' ? 'raspc' : setting.trim();
  const isPath = /[\\/]/.test(named);
  const path = isPath && !isAbsolute(named) && folder !== undefined ? resolve(folder, named) : named;
  const cwd = folder === undefined ? {} : { cwd: folder };
  if (/\.[cm]?js$/.test(path)) return { command: 'node', args: [path, 'lsp'], options: { ...cwd, shell: false } };
  // npm installs commands for Windows as .cmd files, which only a shell starts; a shell in turn takes a path with spaces in quotes.
  const shell = platform === 'win32';
  return { command: shell && isPath ? `"${path}"` : path, args: ['lsp'], options: { ...cwd, shell } };
}

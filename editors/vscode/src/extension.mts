/** The extension for Visual Studio Code: starts raspc's language server in workspaces that are trusted, and again when its setting changes. */
import { commands, type ExtensionContext, window, workspace } from 'vscode';
import { LanguageClient } from 'vscode-languageclient/node';
import { serverCommand } from './server-command.mts';

const SETTING = 'raspc.path';

let client: LanguageClient | undefined;
/** Starts and stops, one after another. */
let last: Promise<void> = Promise.resolve();

export async function activate(context: ExtensionContext): Promise<void> {
  context.subscriptions.push(
    commands.registerCommand('raspc.restartServer', restart),
    workspace.onDidChangeConfiguration((change) => (change.affectsConfiguration(SETTING) ? restart() : undefined)),
    workspace.onDidGrantWorkspaceTrust(restart),
  );
  await restart();
}

export async function deactivate(): Promise<void> {
  await inTurn(stop);
}

function restart(): Promise<void> {
  return inTurn(async () => {
    await stop();
    // A workspace can name any program as the server.
    if (workspace.isTrusted) await start();
  });
}

function inTurn(action: () => Promise<void>): Promise<void> {
  last = last.then(action, action);
  return last;
}

async function start(): Promise<void> {
  const setting = workspace.getConfiguration().get<string>(SETTING, 'raspc');
  const folder = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath;
  const documents = ['file', 'untitled'].map((scheme) => ({ scheme, language: 'rasp' }));
  client = new LanguageClient('raspc', 'RASP', serverCommand(setting, folder, process.platform), { documentSelector: documents });
  try {
    await client.start();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    void window.showErrorMessage(
      `\`${setting} lsp\` does not start: ${reason}. Install raspc, or say in the setting ${SETTING} where it is.`,
    );
  }
}

async function stop(): Promise<void> {
  const stopped = client;
  client = undefined;
  // One that never ran has nothing to end.
  if (stopped?.isRunning()) await stopped.dispose();
}

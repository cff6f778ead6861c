/** The language server: requests of an editor on one stream, answers on another, until the editor says goodbye or goes away. */

import { LSPErrorCodes } from 'vscode-languageserver';
import {
  type CancellationToken,
  createConnection,
  type Diagnostic,
  ProposedFeatures,
  ResponseError,
  type ServerCapabilities,
  TextDocumentSyncKind,
  TextDocuments,
  type TextEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { formatSource } from '../../format/format-source.ts';
import { referencesTo, renameable, renaming } from '../../language/across-files.ts';
import type { Analysis } from '../../language/analysis.ts';
import { callAt, completionsAt } from '../../language/completion.ts';
import { hintsOf } from '../../language/hints.ts';
import { hoverAt } from '../../language/hover.ts';
import { definitionOf } from '../../language/navigation.ts';
import { foldsOf, outlineOf, TOKEN_KINDS, TOKEN_MODIFIERS, tokensOf } from '../../language/outline.ts';
import { VERSION } from '../../version.ts';
import type { Io } from '../terminal/io.ts';
import { completionOf, diagnosticOf, editOf, foldOf, offsetOf, placeOf, rangeOf, symbolOf, tokenData } from './to-protocol.ts';
import { Workspace } from './workspace.ts';

const CAPABILITIES: ServerCapabilities = {
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
  hoverProvider: true,
  completionProvider: { triggerCharacters: ['@', '"', '/'] },
  signatureHelpProvider: { triggerCharacters: ['(', ','] },
  definitionProvider: true,
  referencesProvider: true,
  renameProvider: { prepareProvider: true },
  documentSymbolProvider: true,
  foldingRangeProvider: true,
  codeActionProvider: { codeActionKinds: ['quickfix'] },
  documentFormattingProvider: true,
  inlayHintProvider: true,
  semanticTokensProvider: { legend: { tokenTypes: [...TOKEN_KINDS], tokenModifiers: [...TOKEN_MODIFIERS] }, full: true },
};

/** Typing goes on for so long before what is there is looked at. */
const PAUSE_MS = 80;

const CANCELLED = new ResponseError<void>(LSPErrorCodes.RequestCancelled, 'cancelled');
const OVERTAKEN = new ResponseError<void>(LSPErrorCodes.ContentModified, 'the text has changed since');

/** Lets messages in that have come meanwhile: what takes a request back is among them. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when the editor has gone; then whether it took its leave. */
export function serve(io: Io): Promise<boolean> {
  const connection = createConnection(ProposedFeatures.all, io.stdin.stream, io.stdout.stream, {
    // what is taken back before it is begun is answered at once, and never begun
    connectionStrategy: { cancelUndispatched: () => ({ jsonrpc: '2.0', id: null, error: CANCELLED.toJson() }) },
  });
  const documents = new TextDocuments(TextDocument);
  const workspace = new Workspace((uri) => documents.get(uri), io.directory);
  const waiting = new Map<string, NodeJS.Timeout>();

  const report = (uri: string): void => {
    waiting.delete(uri);
    const analysis = workspace.analysisOf(uri);
    const version = documents.get(uri)?.version;
    if (analysis === null || version === undefined) return;
    const diagnostics: Diagnostic[] = analysis.diagnostics.map((each) =>
      diagnosticOf(each, analysis.file, (file) => workspace.uriOf(file)),
    );
    void connection.sendDiagnostics({ uri, version, diagnostics });
  };
  const reportSoon = (uri: string, delay: number): void => {
    clearTimeout(waiting.get(uri));
    waiting.set(uri, setTimeout(report, delay, uri));
  };
  /** Others may load it. */
  const reportOthers = (changed: string): void => {
    for (const { uri, version: _ } of documents.all()) {
      if (uri === changed) continue;
      workspace.forget(uri);
      reportSoon(uri, PAUSE_MS);
    }
  };

  documents.onDidOpen(({ document }) => reportSoon(document.uri, 0));
  documents.onDidChangeContent(({ document }) => reportSoon(document.uri, PAUSE_MS));
  documents.onDidSave(({ document }) => reportOthers(document.uri));
  documents.onDidClose(({ document }) => {
    clearTimeout(waiting.get(document.uri));
    waiting.delete(document.uri);
    workspace.forget(document.uri);
    void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
  });
  connection.onDidChangeWatchedFiles(() => {
    workspace.forgetAll();
    for (const { uri } of documents.all()) reportSoon(uri, PAUSE_MS);
  });

  connection.onInitialize(({ workspaceFolders, rootUri }) => {
    workspace.setRoots(workspaceFolders?.map(({ uri }) => uri) ?? (rootUri === null ? [] : [rootUri]));
    return { capabilities: CAPABILITIES, serverInfo: { name: 'raspc', version: VERSION } };
  });

  /**
   * An answer from the text at hand; null where the document is not open. Before it is analysed and before the answer is made messages come in:
   * what has been taken back, or was asked of a text that has changed since, ends there.
   */
  const answering =
    <Params extends { readonly textDocument: { readonly uri: string } }, Answer>(answer: (analysis: Analysis, params: Params) => Answer) =>
    async (params: Params, token: CancellationToken): Promise<Answer | ResponseError<void> | null> => {
      const { uri } = params.textDocument;
      const version = documents.get(uri)?.version;
      const interrupted = async () => {
        await nextTurn();
        if (token.isCancellationRequested) return CANCELLED;
        return documents.get(uri)?.version === version ? null : OVERTAKEN;
      };
      const early = await interrupted();
      if (early !== null) return early;
      const analysis = workspace.analysisOf(uri);
      if (analysis === null) return null;
      return (await interrupted()) ?? answer(analysis, params);
    };

  connection.onHover(
    answering((analysis, { position }) => {
      const hover = hoverAt(analysis, offsetOf(analysis.file, position));
      return hover === null ? null : { range: rangeOf(hover.span), contents: { kind: 'markdown' as const, value: hover.text } };
    }),
  );
  connection.onCompletion(
    answering((analysis, { position, textDocument }) =>
      completionsAt(analysis, offsetOf(analysis.file, position), () => workspace.loadable(textDocument.uri)).map((each) =>
        completionOf(each, position),
      ),
    ),
  );
  connection.onSignatureHelp(
    answering((analysis, { position }) => {
      const call = callAt(analysis, offsetOf(analysis.file, position));
      if (call === null) return null;
      const parameters = call.parameters.map((label) => ({ label }));
      const signature = { label: call.signature, documentation: call.meaning, parameters };
      return { signatures: [signature], activeSignature: 0, activeParameter: Math.min(call.active, parameters.length - 1) };
    }),
  );
  connection.onDefinition(
    answering((analysis, { position }) => {
      const found = definitionOf(analysis, offsetOf(analysis.file, position));
      return found === null ? null : { uri: workspace.uriOf(found.span.file), range: rangeOf(found.span) };
    }),
  );
  connection.onReferences(
    answering((analysis, { position, context, textDocument: { uri } }) =>
      referencesTo(analysis, offsetOf(analysis.file, position), context.includeDeclaration, workspace.around(uri)).map((span) => ({
        uri: workspace.uriOf(span.file),
        range: rangeOf(span),
      })),
    ),
  );
  connection.onPrepareRename(
    answering((analysis, { position, textDocument: { uri } }) => {
      const found = renameable(analysis, offsetOf(analysis.file, position), workspace.around(uri));
      return 'span' in found ? rangeOf(found.span) : null;
    }),
  );
  connection.onRenameRequest(
    answering((analysis, { position, newName, textDocument }) => {
      const edits = renaming(analysis, offsetOf(analysis.file, position), newName, workspace.around(textDocument.uri));
      if ('reason' in edits) return new ResponseError(LSPErrorCodes.RequestFailed, edits.reason);
      const changes: Record<string, TextEdit[]> = {};
      for (const edit of edits) {
        const uri = workspace.uriOf(edit.span.file);
        changes[uri] = [...(changes[uri] ?? []), editOf(edit)];
      }
      return { changes };
    }),
  );
  connection.onDocumentSymbol(answering(({ module }) => outlineOf(module?.statements ?? []).map(symbolOf)));
  connection.onFoldingRanges(answering((analysis) => foldsOf(analysis).map(foldOf)));
  connection.languages.semanticTokens.on(
    async (params, token) =>
      (await answering((analysis) => ({ data: tokenData(analysis.file, tokensOf(analysis)) }))(params, token)) ?? { data: [] },
  );
  connection.languages.inlayHint.on(
    answering((analysis, { range }) => {
      const from = offsetOf(analysis.file, range.start);
      const to = offsetOf(analysis.file, range.end);
      return hintsOf(analysis)
        .filter(({ offset }) => from <= offset && offset <= to)
        .map(({ offset, text, tooltip }) => ({ position: placeOf(analysis.file, offset), label: text, tooltip, paddingLeft: true }));
    }),
  );
  connection.onCodeAction(
    answering((analysis, { range, textDocument }) => {
      const from = offsetOf(analysis.file, range.start);
      const to = offsetOf(analysis.file, range.end);
      return analysis.diagnostics.flatMap((diagnostic) => {
        const span = diagnostic.primary?.span;
        if (span === undefined || span.file !== analysis.file || span.end < from || to < span.start) return [];
        return (diagnostic.fixes ?? []).map(({ title, edits }, index) => ({
          title,
          kind: 'quickfix',
          isPreferred: index === 0,
          diagnostics: [diagnosticOf(diagnostic, analysis.file, (file) => workspace.uriOf(file))],
          edit: { changes: { [textDocument.uri]: edits.map(editOf) } },
        }));
      });
    }),
  );
  connection.onDocumentFormatting(
    answering(({ file }) => {
      try {
        const text = formatSource(file);
        const whole = { file, start: 0, end: file.text.length };
        return text === file.text ? [] : [{ range: rangeOf(whole), newText: text }];
      } catch (fault) {
        // what does not parse is left alone
        if (fault instanceof DiagnosticError) return [];
        throw fault;
      }
    }),
  );

  return new Promise((resolve) => {
    let tookLeave = false;
    connection.onShutdown(() => {
      tookLeave = true;
    });
    const end = (): void => {
      for (const timer of waiting.values()) clearTimeout(timer);
      resolve(tookLeave);
    };
    connection.onExit(end);
    io.stdin.stream.once('end', end);
    documents.listen(connection);
    connection.listen();
  });
}

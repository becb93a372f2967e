"""Drives a language server as an editor does, by pygls, and prints each answer as a line of JSON.

Arguments: the command that starts the server. Standard input: lines of JSON, each
{"open": text}, {"change": text} or {"ask": "completion" | "hover" | "signature" | "symbols",
"line": 0, "character": 0}; diagnostics are printed after each text.
"""

import asyncio
import json
import sys

from lsprotocol import converters, types
from pygls.lsp.client import LanguageClient

URI = "file:///script.pxl"
CONVERTER = converters.get_converter()


def show(kind, answer):
    print(json.dumps({"kind": kind, "answer": CONVERTER.unstructure(answer)}), flush=True)


async def main():
    client = LanguageClient("tester", "1")
    published = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def _(params):
        published.put_nowait(params)

    @client.feature(types.WINDOW_LOG_MESSAGE)
    def _(params):
        show("log", params.message)

    await client.start_io(*sys.argv[1:])
    capabilities = types.ClientCapabilities()
    started = await client.initialize_async(types.InitializeParams(capabilities=capabilities))
    client.initialized(types.InitializedParams())
    show("server", started.server_info.name)
    version = 0
    for line in sys.stdin:
        step = json.loads(line)
        if "open" in step:
            item = types.TextDocumentItem(uri=URI, language_id="pxl", version=version, text=step["open"])
            client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
            show("diagnostics", (await published.get()).diagnostics)
        elif "change" in step:
            version += 1
            client.text_document_did_change(
                types.DidChangeTextDocumentParams(
                    text_document=types.VersionedTextDocumentIdentifier(uri=URI, version=version),
                    content_changes=[types.TextDocumentContentChangeWholeDocument(text=step["change"])],
                )
            )
            params = await published.get()
            assert params.version == version, params
            show("diagnostics", params.diagnostics)
        else:
            document = types.TextDocumentIdentifier(uri=URI)
            if step["ask"] == "symbols":
                answer = await client.text_document_document_symbol_async(
                    types.DocumentSymbolParams(text_document=document)
                )
            else:
                ask, params = {
                    "completion": (client.text_document_completion_async, types.CompletionParams),
                    "hover": (client.text_document_hover_async, types.HoverParams),
                    "signature": (client.text_document_signature_help_async, types.SignatureHelpParams),
                }[step["ask"]]
                position = types.Position(line=step["line"], character=step["character"])
                answer = await ask(params(text_document=document, position=position))
            show(step["ask"], answer)
    await client.shutdown_async(None)
    client.exit(None)
    await asyncio.wait_for(client._server.wait(), timeout=10)
    show("exit", client._server.returncode)


asyncio.run(main())

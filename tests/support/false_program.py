"""
A program that says what a test wants, behind the real pages of the console: what no network in a lab would say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from wand.console.console_request import SECURITY_HEADERS
from wand.console.pages import PAGES, Pages
from wand.console.static_files import ownFiles


class FalseProgram:
    """
    Serves the pages and some documents at a port of this host, as long as the context lasts.

    @ivar documents: by their names; a list is sent in parts.
    """

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self.documents = documents
        files = ownFiles()
        pages = Pages(version="0", static="/static", pages=list(PAGES.items()))
        told = {"role": "operator", "csrf": "proof", "network": "<b>wand</b>"}

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path in PAGES:
                    self._say(pages.render(PAGES[url.path], **told), "text/html; charset=utf-8")
                elif url.path.startswith("/static/"):
                    found = files.find(url.path.split("/")[2:])
                    assert found is not None, url.path
                    self._say(found[0].content, found[0].contentType)
                else:
                    self._document(url.path.removeprefix("/api/v1/"), parse_qs(url.query))

            def _document(self, name: str, query: dict[str, list[str]]) -> None:
                if name == "events":
                    text = "".join(f"data: {json.dumps(each)}\n\n" for each in documents["events"])
                    self._say(text.encode(), "text/event-stream")
                    return
                found, link = documents[name], ""
                if isinstance(found, list) and "limit" in query:
                    first, count = int(query.get("after", ["0"])[0]), int(query["limit"][0])
                    link = f'<?limit={count}&after={first + count}>; rel="next"' if first + count < len(found) else ""
                    found = found[first : first + count]
                self._say(json.dumps(found).encode(), "application/json", link)

            def _say(self, content: bytes, kind: str, link: str = "") -> None:
                self.send_response(200)
                for header, value in {**SECURITY_HEADERS, "content-type": kind, "link": link}.items():
                    if value:
                        self.send_header(header, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server: Final = ThreadingHTTPServer(("127.0.0.1", 0), Answer)

    @property
    def address(self) -> str:
        """
        Where it is.
        """
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

"""
The site of the console: pages, their files, the login and the API.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote, unquote_to_bytes

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from wand.console.access import ATTEMPTS_RATE, SESSION_LIFETIME, Access, Session, TooManyAttempts
from wand.console.admission import Admission
from wand.console.answers import write, writeProblem
from wand.console.api import API, PREFIX
from wand.console.asking import Asking
from wand.console.console_request import ConsoleRequest
from wand.console.pages import LOGIN, PAGES, PROBLEM, Pages
from wand.console.problems import Problem, problemOf
from wand.console.static_files import StaticFiles
from wand.errors import WandError

_HTML: Final = "text/html; charset=utf-8"

#: How long a browser may keep what never changes.
_FOREVER: Final = "public, max-age=31536000, immutable"

#: For how many seconds we remember which page was asked for by somebody who had to log in, and the most octets of it.
PAGE_LIFETIME: Final = 600.0
PAGE_MAXIMUM: Final = 500

#: What may stand in a query as it is, beside letters and digits.
_IN_QUERIES: Final = "=&%+"


class ConsoleSite(Resource):
    """
    Answers every request.
    """

    isLeaf = True
    _log = Logger()

    def __init__(
        self, access: Access, admission: Admission, asking: Asking, api: API, pages: Pages, files: StaticFiles
    ) -> None:
        super().__init__()
        self._access = access
        self._admission = admission
        self._asking = asking
        self._api = api
        self._pages = pages
        self._files = files
        self._wanted = f"{admission.cookie}-page"

    def render(self, request: ConsoleRequest) -> int:
        """
        Begin to answer.
        """
        answering = Deferred.fromCoroutine(self._answer(request))
        request.notifyFinish().addErrback(lambda _: answering.cancel())
        answering.addErrback(self._failed, request)
        return NOT_DONE_YET

    async def _answer(self, request: ConsoleRequest) -> None:
        try:
            await self._respond(request)
        except WandError as error:
            self._refuse(request, problemOf(error))
        except Problem as problem:
            self._refuse(request, problem)

    def _failed(self, failure: Failure, request: ConsoleRequest) -> None:
        if not failure.check(CancelledError, TimeoutError):
            self._log.failure("the console failed at {path}", failure, path=request.path)
        if not request.isOver:
            self._refuse(request, Problem(500, "the program failed at this: its log says why"))

    def _refuse(self, request: ConsoleRequest, problem: Problem) -> None:
        """
        Say why there is no answer; or cut it off, if it has begun.
        """
        if request.startedWriting:
            request.abort()
        elif _isForPeople(request):
            for name, value in problem.headers.items():
                request.setHeader(name, value)
            told = problem.document
            page = self._pages.render(PROBLEM, status=problem.status, error=told.error, hint=told.hint)
            write(request, page, _HTML, problem.status)
        else:
            writeProblem(request, problem)

    async def _respond(self, request: ConsoleRequest) -> None:
        path = _pathOf(request)
        if path[:2] == [*PREFIX]:
            await self._api.answer(request, path[2:])
        elif path[:1] == ["static"]:
            self._file(request, path[1:])
        elif path == ["login"]:
            self._login(request)
        elif path == ["logout"]:
            self._logout(request)
        else:
            await self._page(request, "/" + "/".join(path))

    # Pages.

    async def _page(self, request: ConsoleRequest, path: str) -> None:
        page = PAGES.get(path)
        if page is None:
            raise Problem(404, "there is no such page")
        _allow(request, b"GET", b"HEAD")
        session = self._admission.browser(request)
        if session is None:
            self._remember(request, path)
            _seeOther(request, "/login")
            return
        content = self._pages.render(page, role=session.role, csrf=session.proof, network=await self._network(session))
        write(request, content, _HTML)

    async def _network(self, session: Session) -> str:
        try:
            own = (await (await self._asking.client(session.allowance)).status()).own
        except WandError:
            return ""
        return "" if own is None else own.network

    def _file(self, request: ConsoleRequest, path: list[str]) -> None:
        _allow(request, b"GET", b"HEAD")
        found = self._files.find(path)
        if found is None:
            raise Problem(404, "there is no such file")
        file, isFixed = found
        request.setHeader("cache-control", _FOREVER if isFixed else "no-cache")
        if request.setETag(file.tag.encode()) is not None:
            request.finish()  # it has it already
            return
        write(request, file.content, file.contentType)

    # Who comes and who goes.

    def _login(self, request: ConsoleRequest) -> None:
        if request.method in (b"GET", b"HEAD"):
            self._askToLogIn(request, "", 200)
            return
        _allow(request, b"GET", b"HEAD", b"POST")
        self._admission.checkOwn(request)
        try:
            secret = self._access.login(_field(request, b"link"))
        except TooManyAttempts:
            wait = str(round(1 / ATTEMPTS_RATE))
            request.setHeader("retry-after", wait)
            self._askToLogIn(request, f"There were too many wrong attempts: try again in {wait} seconds.", 429)
            return
        if secret is None:
            error = "This link was used already, or it is too old: wand console prints another."
            self._askToLogIn(request, error, 403)
            return
        self._access.logout(self._admission.secretOf(request))
        where = self._remembered(request)
        self._setCookie(request, secret, round(SESSION_LIFETIME))
        _seeOther(request, where)

    def _logout(self, request: ConsoleRequest) -> None:
        _allow(request, b"POST")
        self._admission.checkOwn(request)
        session = self._admission.browser(request)
        if session is not None:
            if not session.isProven(_field(request, b"csrf")):
                raise Problem(403, "this page is old", "load it again")
            self._access.logout(self._admission.secretOf(request))
        self._setCookie(request, "", 0)
        _seeOther(request, "/login")

    def _askToLogIn(self, request: ConsoleRequest, error: str, status: int) -> None:
        write(request, self._pages.render(LOGIN, error=error), _HTML, status)

    def _remember(self, request: ConsoleRequest, path: str) -> None:
        """
        Somebody asks for a page, and has to log in first.
        """
        _, _, query = request.uri[:PAGE_MAXIMUM].partition(b"?")
        wanted = f"{path}?{quote(query, safe=_IN_QUERIES)}" if query else path
        self._setCookie(request, quote(wanted, safe=""), round(PAGE_LIFETIME), self._wanted)

    def _remembered(self, request: ConsoleRequest) -> str:
        """
        Which page somebody asked for before they logged in; the overview if it was none of ours.
        """
        told = request.getCookie(self._wanted.encode())
        if told is None:
            return "/"
        self._setCookie(request, "", 0, self._wanted)
        path, _, query = unquote(told.decode("ascii", "replace")).partition("?")
        if path not in PAGES:
            return "/"
        return f"{path}?{quote(query, safe=_IN_QUERIES)}" if query else path

    def _setCookie(self, request: ConsoleRequest, value: str, seconds: int, name: str = "") -> None:
        request.addCookie(
            name or self._admission.cookie,
            value,
            path="/",
            max_age=str(seconds),
            secure=bool(request.isSecure()),
            httpOnly=True,
            sameSite="strict",
        )


def _pathOf(request: ConsoleRequest) -> list[str]:
    root, *parts = request.path.split(b"/")
    if root:
        raise Problem(400, "the path does not begin with a slash")
    try:
        path = [unquote_to_bytes(part).decode() for part in parts]
    except UnicodeDecodeError:
        raise Problem(400, "the path is not UTF-8") from None
    return path[:-1] if path[-1:] == [""] else path


def _isForPeople(request: ConsoleRequest) -> bool:
    """
    Does a browser open a page, or do scripts ask?
    """
    return not request.path.startswith(b"/api/") and "text/html" in (request.getHeader("accept") or "")


def _field(request: ConsoleRequest, name: bytes) -> str:
    text: bytes = request.args.get(name, [b""])[0]
    return text.decode("utf-8", "replace")


def _allow(request: ConsoleRequest, *methods: bytes) -> None:
    if request.method not in methods:
        allowed = b", ".join(methods).decode()
        raise Problem(405, f"only {allowed} is allowed here", allow=allowed)


def _seeOther(request: ConsoleRequest, where: str) -> None:
    request.setHeader("location", where)
    write(request, b"", "text/plain", 303)

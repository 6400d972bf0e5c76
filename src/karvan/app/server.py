"""The application: routers of the rooms under `/api`, the pages of the front end, and what becomes of an error.

It answers this machine only: a request that names another host is refused, so that no page from elsewhere can read a case by
pointing its name at this machine; and a request that starts or stops something must come from the app's own page.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from karvan.app.ahead import Ahead
from karvan.app.answers import Answer, Fault, fault_of, usage_fault
from karvan.app.pages import NOT_BUILT, PAGE, content_of, media_type, page_file, preloads
from karvan.app.rooms import rooms_of, routers_of
from karvan.app.runs import Runs
from karvan.app.work import Work, WorkState
from karvan.case.provenance import karvan_version
from karvan.errors import KarvanError

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.routing import APIRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from karvan.case import Case

#: Answers shorter than this are sent as they are.
LEAST_ZIPPED = 1000
#: Level of compression: higher ones cost more time than they save on loopback.
ZIP_LEVEL = 3
#: Names of this machine.
HOSTS = ["127.0.0.1", "localhost", "::1", "[::1]"]
#: Everything that a page loads comes from here; the map's worker is a file of the app.
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: A fault may come instead of any answer.
FAULTS: dict[int | str, dict[str, Any]] = {
    404: {"model": Fault, "description": "A name that is not there."},
    422: {"model": Fault, "description": "A request that cannot be met as it stands."},
    500: {"model": Fault, "description": "A failed audit, or a bug."},
}
LOOKS = ("GET", "HEAD", "OPTIONS")


class Greeting(Answer):
    """What the app is, and which rooms it has screens for, in the order of the chain."""

    karvan: str
    case: str
    digest: str
    rooms: list[str]


def make_app(case: Case, store: Path | None = None) -> FastAPI:
    """Return the application for a case.

    Parameters
    ----------
    case
        What it shows.
    store
        Where solved years are kept between servers; by default they go with this one.
    """
    app = FastAPI(
        title="Karvan",
        version=karvan_version(),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses=FAULTS,
        generate_unique_id_function=_operation,
    )
    app.state.case = case
    app.state.runs = Runs(case, store)
    app.state.work = Work(case)
    app.state.ahead = Ahead(case)
    app.add_middleware(GZipMiddleware, minimum_size=LEAST_ZIPPED, compresslevel=ZIP_LEVEL)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    app.add_middleware(_Guard, work=app.state.work, ahead=app.state.ahead)
    _greet(app, case, rooms_of(case))
    _work(app)
    for room, router in routers_of().items():
        app.include_router(router, prefix=f"/api/{room}", tags=[room])
    _answer_faults(app)
    _serve_pages(app)
    return app


def _operation(route: APIRoute) -> str:
    return route.name


def _greet(app: FastAPI, case: Case, rooms: list[str]) -> None:
    @app.get("/api", tags=["app"])
    async def greeting() -> Greeting:
        """Return what answers here."""
        return Greeting(karvan=karvan_version(), case=case.id, digest=case.digest, rooms=rooms)


def _work(app: FastAPI) -> None:
    work: Work = app.state.work

    @app.get("/api/work", tags=["app"])
    async def work_state() -> WorkState:
        """Return what the process beside the server does."""
        return work.state()

    @app.delete("/api/work", tags=["app"])
    def stop_work() -> WorkState:
        """Stop what it works on; it starts anew when something is asked."""
        work.stop()
        return work.state()


class _Guard:
    """Refuses what a page from elsewhere would start, and says with every answer what a page may load and keep."""

    def __init__(self, app: ASGIApp, work: Work, ahead: Ahead) -> None:
        self.app, self.work, self.ahead = app, work, ahead

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope)
        origin = given.get("origin")

        async def proceed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                if scope["path"].startswith("/api"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        answer: ASGIApp = self.app
        if scope["method"] not in LOOKS and origin is not None and origin.split("://", 1)[-1] != given.get("host"):
            fault = Fault(kind="request", message="A page from elsewhere may not start or stop anything here.")
            answer = JSONResponse(fault.model_dump(), status_code=403)
        await answer(scope, receive, proceed)
        self.work.hear()
        self.ahead.start()


def _answer_faults(app: FastAPI) -> None:
    """Answer every error with a fault; a bug's lines go to the terminal, never to the page."""

    def on_karvan(_request: Request, error: Exception) -> JSONResponse:
        status, fault = fault_of(error)
        return JSONResponse(fault.model_dump(), status_code=status)

    def on_usage(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
        return JSONResponse(usage_fault(error.errors()).model_dump(), status_code=422)

    def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
        message = f"{request.url.path} is no address of the app." if error.status_code == 404 else f"{error.detail}."  # noqa: PLR2004
        return JSONResponse(Fault(kind="usage", message=message).model_dump(), status_code=error.status_code)

    def on_bug(_request: Request, error: Exception) -> JSONResponse:
        traceback.print_exception(error)
        status, fault = fault_of(error)
        return JSONResponse(fault.model_dump(), status_code=status)

    app.add_exception_handler(KarvanError, on_karvan)
    app.add_exception_handler(RequestValidationError, on_usage)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_bug)


def _serve_pages(app: FastAPI) -> None:
    """Serve the front end: its files by name, and the page itself for the address of any screen."""

    @app.get("/{path:path}", include_in_schema=False)
    async def page(path: str, request: Request) -> Response:
        if path.startswith("api/"):
            raise HTTPException(404)
        found, lasting = page_file(path)
        if found is None:
            return Response(NOT_BUILT, status_code=503, media_type="text/plain; charset=utf-8")
        # names of compiled files carry a hash of what is in them
        headers = {"Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache"}
        if found.name == PAGE:
            headers |= {"Link": preloads(path)}
        content, zipped = content_of(found, zipped="gzip" in request.headers.get("accept-encoding", ""))
        if zipped:
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(content, headers=headers, media_type=media_type(found))

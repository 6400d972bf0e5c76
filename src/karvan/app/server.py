"""The application: routers of the rooms under `/api`, the pages of the front end, and what becomes of an error.

It answers this machine only: a request that names another host is refused, so that no page from elsewhere can read a case by
pointing its name at this machine; and a request that starts or stops something must come from the app's own page.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from karvan.app.answers import Answer, Fault, fault_of, usage_fault
from karvan.app.pages import NOT_BUILT, page_file
from karvan.app.rooms import rooms_of, routers_of
from karvan.app.runs import Runs
from karvan.app.work import Work, WorkState
from karvan.case.provenance import karvan_version
from karvan.errors import KarvanError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from fastapi.routing import APIRoute

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
    app.add_middleware(GZipMiddleware, minimum_size=LEAST_ZIPPED, compresslevel=ZIP_LEVEL)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    app.middleware("http")(_guard)
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
    def greeting() -> Greeting:
        """Return what answers here."""
        return Greeting(karvan=karvan_version(), case=case.id, digest=case.digest, rooms=rooms)


def _work(app: FastAPI) -> None:
    work: Work = app.state.work

    @app.get("/api/work", tags=["app"])
    def work_state() -> WorkState:
        """Return what the process beside the server does."""
        return work.state()

    @app.delete("/api/work", tags=["app"])
    def stop_work() -> WorkState:
        """Stop what it works on; it starts anew when something is asked."""
        work.stop()
        return work.state()


async def _guard(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
    origin = request.headers.get("origin")
    if request.method not in LOOKS and origin is not None and origin.split("://", 1)[-1] != request.headers.get("host"):
        fault = Fault(kind="request", message="A page from elsewhere may not start or stop anything here.")
        return JSONResponse(fault.model_dump(), status_code=403)
    answer = await proceed(request)
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    if request.url.path.startswith("/api"):
        answer.headers["Cache-Control"] = "no-store"
    return answer


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
    def page(path: str) -> Response:
        if path.startswith("api/"):
            raise HTTPException(404)
        found, lasting = page_file(path)
        if found is None:
            return Response(NOT_BUILT, status_code=503, media_type="text/plain; charset=utf-8")
        # names of compiled files carry a hash of what is in them
        keep = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return FileResponse(found, headers={"Cache-Control": keep})

"""The web app: the chain on screens, with what-if in reach, over the functions that the command line uses.

:mod:`karvan.app.server` makes the application, one module of :mod:`karvan.app.rooms` each answers for a room, and
:mod:`karvan.app.serving` runs it on loopback. The pages are compiled from `web/` into `static/` when the package is built.
"""

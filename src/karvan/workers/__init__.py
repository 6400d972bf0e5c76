"""One map over many tasks, serial, in processes or on a Dask cluster: the same bytes whichever runs it."""

from karvan.workers.processes import ProcessCrew
from karvan.workers.run import BACKENDS, Answer, map, values  # noqa: A004 - it is map, for tasks that take long
from karvan.workers.threads import claim_one_core, cores, in_threads

__all__ = ["BACKENDS", "Answer", "ProcessCrew", "claim_one_core", "cores", "in_threads", "map", "values"]

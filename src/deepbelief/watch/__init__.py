"""What is shown by a server: the live page of a training, and the page of a net that is too large for a file.

Rules of this room:

* The page is told what :mod:`deepbelief.experiment.watching` has seen; nothing is computed here.
* A server is for this computer and one run of a command: it listens on 127.0.0.1, and answers nobody without its token.
* Whoever reads slowly, or not at all, is sent the newest state once it reads; the training never waits for a reader.
* starlette and uvicorn are optional, and imported by `guarding`, `server` and `net_server` alone.
"""

from deepbelief.watch.watching import Watch, bound, check_installed

__all__ = ["Watch", "bound", "check_installed"]

"""The command line: parse, stream, format.

Rules of this room:

* One module for each command; `main` lists them. A module imports the use cases inside its function, so that
  ``--help`` and a mistyped option answer at once.
* Results go to stdout, everything else to stderr. With ``--json`` stdout holds exactly one JSON object.
* Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted. What failed is said in one line, in `errors` only.
"""

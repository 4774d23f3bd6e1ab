"""Claims by engines: which cells there are, running them, the file they are kept in, and what differs.

labs, engines, firewalls ─▶ choose ─▶ cells ─ complete in the file ─▶ kept
                                          │ not, or of other inputs
                                          ▼
                         pool: a process a cell, several at once ─▶ book (the file) ─▶ compare, report, junit
"""

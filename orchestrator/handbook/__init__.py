"""The handbook: a static site made from a results file, for reading without a server or a network.

results, catalogue ─▶ scope (what ran, what did not) ┐
                      claims, commands, media        ├─▶ pages ─▶ writing (jinja: reStructuredText and HTML parts)
                                                     ┘                          │
                                        a folder of the reader's ◀─ site (Sphinx, furo)

What comes from a results file is data of others: it reaches a page only through jinja's escaping, and pictures only as
<img>, in which nothing runs.
"""

"""The public outage page as static files.

In: page entries from the planner. Out: index.html, outages.json, outages.atom and phone.<language>.txt, here and on
further hosts (sftp, rsync, S3).
Invariants: a reader sees the old page or the new one, never a half; nothing from outside is shown unescaped; the page
needs no script and loads nothing from elsewhere; it tells when it was last checked; what was written is read back.
"""

from netwatch.communication.page.publisher import PageError, publish

__all__ = ["PageError", "publish"]

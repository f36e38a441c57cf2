"""`status` says whether the page stands elsewhere too."""

from datetime import UTC, datetime

from netwatch.web import sample
from netwatch.web.model import PageCopyView


def test_status_shows_each_copy_and_why_one_stays_behind(netwatch, daemon, doors):
    at = datetime.fromtimestamp(sample.FAULT_AT, UTC)
    doors.copies = (
        PageCopyView("sftp/status2.example.net", at),
        PageCopyView("s3/s3.example.net/status", None, at, "HTTP 403 AccessDenied"),
    )
    said = netwatch("status", "--socket", str(daemon.socket))
    assert "page copy: sftp/status2.example.net verified at " in said.out
    assert "s3/s3.example.net/status not verified yet, behind since " in said.out
    assert "HTTP 403 AccessDenied" in said.out

"""Settings of the ways to post in public: Mastodon and a Facebook page. Off until a route is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Gt, Le, MinLen

from netwatch.late import late

if TYPE_CHECKING:
    import pydantic
else:
    pydantic = late("pydantic")

_CONFIG: dict[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}


@dataclass(frozen=True, slots=True)
class MastodonRoute:
    """One account on a server that speaks Mastodon's API."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    url: Annotated[str, MinLen(1)]
    """Address of the server, as in https://mastodon.example."""
    token_file: Annotated[str, MinLen(1)]
    """File with the account's access token (scope write:statuses), relative to the configuration file."""
    visibility: Literal["public", "unlisted", "private", "direct"] = "public"
    """Who may read a post: public, unlisted, private or direct."""
    timeout_s: Annotated[float, Gt(0), Le(300)] = 10.0
    """Longest time for one request, seconds."""
    depends_on: str = ""
    """The element without which it can't work, as in site:hgl-1; while it is down other routes go first."""


@dataclass(frozen=True, slots=True)
class MastodonSettings:
    """Mastodon: posts, each after a person's approval. Without a route nothing is posted."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    routes: tuple[MastodonRoute, ...] = ()
    """Accounts in order; the next one is used when one fails."""


@dataclass(frozen=True, slots=True)
class FacebookRoute:
    """One Facebook page."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    page_id: Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Za-z0-9._-]+$")]
    """Id of the page."""
    token_file: Annotated[str, MinLen(1)]
    """File with the page's access token (pages_manage_posts), relative to the configuration file."""
    url: Annotated[str, MinLen(1)] = "https://graph.facebook.com/v21.0"
    """Address of the Graph API with its version."""
    timeout_s: Annotated[float, Gt(0), Le(300)] = 20.0
    """Longest time for one request, seconds."""
    depends_on: str = ""
    """The element without which it can't work, as in site:hgl-1; while it is down other routes go first."""


@dataclass(frozen=True, slots=True)
class FacebookSettings:
    """Facebook: posts on a page, each after a person's approval. Without a route nothing is posted."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    routes: tuple[FacebookRoute, ...] = ()
    """Pages in order; the next one is used when one fails."""

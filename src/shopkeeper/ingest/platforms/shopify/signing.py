"""How a request to Shopify is made: nothing is signed, the shop's token is a header.

A token that lasts is what older applications show in the admin; one of the Dev Dashboard is asked for, a day at a time, with
the application's own credentials (the client credentials grant).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import Credentials, Json, Request
from shopkeeper.ingest.platforms.shopify.queries import QUERIES

VERSION = "2026-07"


def signed(method: str, params: Mapping[str, Json], credentials: Credentials, at: dt.datetime) -> Request:
    """One of our GraphQL queries by its name; the moment plays no part."""
    body = json.dumps({"query": QUERIES[method], "variables": dict(params)}, ensure_ascii=False)
    path, token = f"/admin/api/{VERSION}/graphql.json", {"X-Shopify-Access-Token": credentials.token}
    return Request("POST", path, body=body, headers=token)


def granted(credentials: Credentials) -> Request:
    """What asks for a token of a day."""
    return Request("POST", "/admin/oauth/access_token", form={
        "grant_type": "client_credentials", "client_id": credentials.app_key, "client_secret": credentials.secret,
    })  # fmt: skip

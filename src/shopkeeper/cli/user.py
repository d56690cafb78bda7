"""`shopkeeper user …`: who may sign in, their roles and tokens, and the audit trail."""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from shopkeeper.access.roles import Grant, Role
from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import emit
from shopkeeper.core.clock import utc_now
from shopkeeper.core.wording import has_word, word
from shopkeeper.errors import UsageError

if TYPE_CHECKING:
    from shopkeeper.access.audit import AuditEvent
    from shopkeeper.access.tokens import ApiToken
    from shopkeeper.cli.context import ShopContext

user_app = typer.Typer(
    no_args_is_help=True, help="People who may sign in, their roles and tokens, and the audit trail."
)
token_app = typer.Typer(no_args_is_help=True, help="API tokens: how scripts show who they act for.")
user_app.add_typer(token_app, name="token")

Printed = Literal["table", "json", "csv"]
Format = Annotated[Printed, typer.Option("--format", help="How rows are printed.")]
Name = Annotated[str, typer.Argument(help="Login name.")]
ShopId = Annotated[str | None, typer.Option("--shop", help="Shop id; the shop of this folder when absent.")]
Limit = Annotated[
    str | None,
    typer.Option("--limit", help="Largest amount an approver approves: 5000, or 5000 USD in another currency."),
]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]


@user_app.command("add")
def add(
    ctx: typer.Context,
    name: Name,
    role: Annotated[Role | None, typer.Option(help="The first user is owner, others viewer when absent.")] = None,
    shop: ShopId = None,
    limit: Limit = None,
    display_name: Annotated[str, typer.Option(help="Name shown on pages; the login name when absent.")] = "",
    password_stdin: FromStdin = False,
) -> None:
    """Make a user with a role in this shop; asks for the password twice."""
    from shopkeeper.access.users import create_user, has_any_user

    here = current_shop(ctx)
    with here.state() as state:
        chosen: Role = role or ("viewer" if has_any_user(state) else "owner")
        given = _grant(here, shop, chosen, limit)  # before the prompt: a wrong limit should not cost two typings
        password = _password(here, name, password_stdin)
        user = create_user(
            state, name, password, display_name=display_name, grants=[given], actor=_actor(here), at=utc_now()
        )
    role_word = word(f"access_role.{chosen}", here.lang)
    typer.echo(word("access.user_added", here.lang, name=user.name, role=role_word, shop=given.shop_id))


@user_app.command("list")
def list_(ctx: typer.Context, shop: ShopId = None, format: Format = "table") -> None:
    """Everybody who was ever made, with their role in this shop."""
    from shopkeeper.access.grants import grant_in
    from shopkeeper.access.users import list_users

    here = current_shop(ctx)
    shop_id = shop or here.settings.shop.id
    rows: list[dict[str, object]] = []
    with here.state() as state:
        for user in list_users(state):
            held = grant_in(state, user.id, shop_id)
            role = held.role if held else None
            status = "enabled" if user.enabled else "disabled"
            table = format == "table"
            rows.append({
                "name": user.name,
                "display_name": user.display_name,
                "role": word(f"access_role.{role}", here.lang) if role and table else role,
                "limit": f"{held.limit:.2f} {held.currency}" if held and held.limit is not None else None,
                "status": word(f"access_status.{status}", here.lang) if table else status,
                "created": _shown(here, user.created_at, format),
            })  # fmt: skip
    columns = ["name", "display_name", "role", "limit", "status", "created"]
    emit(rows, columns=_headed(here, columns), fmt=format, meta=_meta(here, shop_id))


@user_app.command("role")
def role_(
    ctx: typer.Context,
    name: Name,
    role: Annotated[
        Literal["viewer", "analyst", "operator", "approver", "owner", "none"],
        typer.Argument(help="none takes it away."),
    ],
    shop: ShopId = None,
    limit: Limit = None,
) -> None:
    """Give a user another role in this shop, or none."""
    from shopkeeper.access.grants import grant, withdraw
    from shopkeeper.access.users import find_user

    here = current_shop(ctx)
    with here.state() as state:
        user = find_user(state, name)
        if role == "none":
            shop_id = shop or here.settings.shop.id
            had = withdraw(state, user.id, shop_id, actor=_actor(here), at=utc_now())
            key = "access.role_withdrawn" if had else "access.role_absent"
            typer.echo(word(key, here.lang, name=user.name, shop=shop_id))
            return
        given = _grant(here, shop, role, limit)
        grant(
            state,
            user.id,
            given.shop_id,
            role,
            limit=given.limit,
            currency=given.currency,
            actor=_actor(here),
            at=utc_now(),
        )
    role_word = word(f"access_role.{role}", here.lang)
    typer.echo(word("access.role_given", here.lang, name=user.name, role=role_word, shop=given.shop_id))


@user_app.command("password")
def password_(ctx: typer.Context, name: Name, password_stdin: FromStdin = False) -> None:
    """Give a user another password and end their sessions."""
    from shopkeeper.access.users import find_user, set_password

    here = current_shop(ctx)
    with here.state() as state:
        user = find_user(state, name)
        set_password(state, name, _password(here, user.name, password_stdin), actor=_actor(here), at=utc_now())
    typer.echo(word("access.password_changed", here.lang, name=user.name))


@user_app.command("disable")
def disable(ctx: typer.Context, name: Name) -> None:
    """Shut a user out at once, ending sessions and tokens; what they did stays on record."""
    from shopkeeper.access.users import disable_user

    here = current_shop(ctx)
    with here.state() as state:
        user = disable_user(state, name, actor=_actor(here), at=utc_now())
    typer.echo(word("access.user_disabled", here.lang, name=user.name))


@user_app.command("enable")
def enable(ctx: typer.Context, name: Name) -> None:
    """Let a disabled user sign in again."""
    from shopkeeper.access.users import enable_user

    here = current_shop(ctx)
    with here.state() as state:
        user = enable_user(state, name, actor=_actor(here), at=utc_now())
    typer.echo(word("access.user_enabled", here.lang, name=user.name))


@token_app.command("create")
def token_create(
    ctx: typer.Context,
    name: Name,
    purpose: Annotated[str, typer.Option("--for", help="What the token is for, such as 'nightly export'.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it expires.")] = 90,
) -> None:
    """Make a token that acts with a user's roles; it is printed once, alone on standard output."""
    from shopkeeper.access.tokens import create_token

    here = current_shop(ctx)
    now = utc_now()
    with here.state() as state:
        expires_at = now + dt.timedelta(days=days)
        made = create_token(state, name, purpose, expires_at=expires_at, actor=_actor(here), at=now)
    until = _shown(here, made.token.expires_at, "table")
    typer.echo(word("access.token_created", here.lang, id=made.token.id, until=until), err=True)
    typer.echo(made.secret)


@token_app.command("list")
def token_list(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Login name; everybody's tokens when absent.")] = None,
    format: Format = "table",
) -> None:
    """Every token that was ever made, without the secret itself."""
    from shopkeeper.access.tokens import list_tokens

    here = current_shop(ctx)
    with here.state() as state:
        tokens = list_tokens(state, user_name=name)
    rows: list[dict[str, object]] = []
    for token in tokens:
        status = _token_status(token)
        rows.append({
            "token": token.id,
            "user": token.user_name,
            "purpose": token.name,
            "status": word(f"access_status.{status}", here.lang) if format == "table" else status,
            "expires": _shown(here, token.expires_at, format),
            "used": _shown(here, token.used_at, format),
        })  # fmt: skip
    columns = ["token", "user", "purpose", "status", "expires", "used"]
    emit(rows, columns=_headed(here, columns), fmt=format, meta=_meta(here))


@token_app.command("revoke")
def token_revoke(
    ctx: typer.Context, token_id: Annotated[str, typer.Argument(help="Id of the token, from list.")]
) -> None:
    """End a token at once."""
    from shopkeeper.access.tokens import revoke_token

    here = current_shop(ctx)
    with here.state() as state:
        revoke_token(state, token_id, actor=_actor(here), at=utc_now())
    typer.echo(word("access.token_revoked", here.lang, id=token_id))


@user_app.command("audit")
def audit(
    ctx: typer.Context,
    rows: Annotated[int, typer.Option(min=0, max=100_000, help="How many of the newest rows to print.")] = 20,
    shop: ShopId = None,
    anchor: Annotated[
        str | None, typer.Option(help="An anchor noted earlier, ROWS:HASH: also finds a trail rewritten as a whole.")
    ] = None,
    format: Format = "table",
) -> None:
    """Check that the audit trail is whole and print its newest rows; exit code 1 when it is broken."""
    from shopkeeper.access.audit import recent_events, verify_audit

    here = current_shop(ctx)
    with here.state() as state:
        verdict = verify_audit(state, anchor=anchor)
        events = recent_events(state, shop=shop, limit=rows)
    if verdict.problem is None:
        line = word("access.trail_whole", here.lang, rows=verdict.rows, anchor=verdict.anchor)
    else:
        problem = word(f"access_problem.{verdict.problem}", here.lang)
        line = word("access.trail_broken", here.lang, seq=verdict.broken_seq, problem=problem)
    meta = _meta(here, shop) | {
        "whole": verdict.ok,
        "rows": verdict.rows,
        "anchor": verdict.anchor if verdict.ok else None,
        "broken_row": verdict.broken_seq,
        "problem": verdict.problem,
        "warnings": [] if verdict.ok else [line],
    }
    columns = ["seq", "at", "actor", "shop", "action", "target", "details"]
    emit([_audit_row(here, e, format) for e in events], columns=_headed(here, columns), fmt=format, meta=meta)
    if format == "table" or not verdict.ok:
        typer.echo(line, err=format != "table")  # JSON and CSV on standard output stay readable by programs
    if not verdict.ok:
        raise typer.Exit(1)


def _actor(here: ShopContext) -> str:
    # marked, so that the machine's account "alice" is never taken for the login name "alice"
    return f"os:{here.actor}"


def _grant(here: ShopContext, shop: str | None, role: Role, limit: str | None) -> Grant:
    shop_id = shop or here.settings.shop.id
    if limit is None:
        return Grant(shop_id, role)
    amount, _, currency = limit.strip().partition(" ")
    try:
        value = Decimal(amount.replace(",", ""))
    except InvalidOperation:
        raise UsageError(
            "the limit is not an amount",
            where="--limit",
            received=limit,
            allowed="such as 5000, 5000.50 or '5000 USD'",
            state="nothing was changed",
        ) from None
    return Grant(shop_id, role, value, currency.strip().upper() or here.settings.shop.currency)


def _password(here: ShopContext, name: str, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    repeat = word("access.password_repeat", here.lang)
    asked: str = typer.prompt(
        word("access.password_prompt", here.lang, name=name), hide_input=True, confirmation_prompt=repeat
    )
    return asked


def _token_status(token: ApiToken) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "valid" if token.works(utc_now()) else "expired"


def _audit_row(here: ShopContext, event: AuditEvent, fmt: Printed) -> dict[str, object]:
    named = f"access_action.{event.action.replace('.', '_')}"  # rooms that add actions without words show the code
    details = ", ".join(f"{name}={value}" for name, value in event.details.items() if value is not None)
    return {
        "seq": event.seq,
        "at": _shown(here, event.at, fmt),
        "actor": event.actor,
        "shop": event.shop,
        "action": word(named, here.lang) if fmt == "table" and has_word(named) else event.action,
        "target": event.target,
        "details": event.details if fmt == "json" else details,
    }


def _shown(here: ShopContext, moment: dt.datetime | None, fmt: Printed) -> str | None:
    """People read the shop's own clock to the minute; programs get UTC."""
    if moment is None:
        return None
    if fmt == "table":
        return moment.astimezone(ZoneInfo(here.settings.shop.timezone)).strftime("%Y-%m-%d %H:%M")
    return moment.isoformat(timespec="seconds")


def _headed(here: ShopContext, keys: list[str]) -> list[tuple[str, str]]:
    return [(key, word(f"access_columns.{key}", here.lang)) for key in keys]


def _meta(here: ShopContext, shop: str | None = None) -> dict[str, object]:
    return {
        "shop": shop or here.settings.shop.id,
        "as_of": utc_now().isoformat(timespec="seconds"),
        "snapshot": None,
        "warnings": [],
    }

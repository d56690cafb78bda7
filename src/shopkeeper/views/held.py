"""What is held of a person, for the person: as JSON for other systems, and as a page that needs nothing but a browser."""

from __future__ import annotations

import html
import json
import zoneinfo
from collections.abc import Iterable

from shopkeeper.core.wording import Language, word
from shopkeeper.customers.held import Held
from shopkeeper.views.customers import dimension_word
from shopkeeper.views.plain import as_plain


def report_json(held: Held, shop: str) -> str:
    """The report as JSON: tables with their columns, rows as they were received, the profile, lists and tags."""
    return json.dumps({"shop": shop, **dict(as_plain(held))}, ensure_ascii=False, indent=1, default=str)  # type: ignore[call-overload]


def report_html(held: Held, shop_name: str, zone: str, lang: Language) -> str:
    """The report as one page without scripts, styles or addresses of other places."""

    def t(key: str, **values: object) -> str:
        return html.escape(word(key, lang, **values))

    made = held.made_at.astimezone(zoneinfo.ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    parts = [
        f"<h1>{t('held.title', shop=shop_name)}</h1><p>{t('held.made', at=made, ref=held.ref)}</p><p>{t('held.rights')}</p>",
        f"<h2>{t('held.keys')}</h2>{_list(held.keys)}",
    ]
    for table in held.tables:
        heading = f"{table.table} · {word('held.purpose', lang)}: {word(f'held_purpose.{table.purpose}', lang)}"
        parts.append(f"<h2>{html.escape(heading)}</h2>{_table(table.columns, table.rows)}")
    dimensions = [(dimension_word(name, lang), value) for name, value in held.profile.items()]
    parts.append(f"<h2>{t('held.profile')}</h2>{_table((), dimensions)}<h2>{t('held.raw')}</h2>")
    for file, line, cells in held.raw:
        parts.append(f"<h3>{html.escape(file)}:{line}</h3>{_table((), list(cells.items()))}")
    on = [*held.tags, *(f"{name} ({at:%Y-%m-%d})" for name, at in held.segments)]
    parts.append(f"<h2>{t('held.lists')}</h2>{_list(on)}")
    code = "zh-CN" if lang == "zh" else "en"
    title = t("held.title", shop=shop_name)
    head = f'<!doctype html><html lang="{code}"><head><meta charset="utf-8"><title>{title}</title></head>'
    return f"{head}<body>{''.join(parts)}</body></html>\n"


def _list(values: Iterable[object]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(str(value))}</li>" for value in values) + "</ul>"


def _table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape('–' if cell is None else str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"

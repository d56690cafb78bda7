"""One definition, two dialects: DuckDB's SQL is what the house writes, Spark's is made from it or from the same Ibis."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import ibis.expr.types as ir

Dialect = Literal["duckdb", "spark"]


def compiled(expression: ir.Table, dialect: Dialect) -> str:
    """SQL of an Ibis expression."""
    import ibis

    if dialect == "duckdb":
        return str(ibis.to_sql(expression, dialect="duckdb"))
    return _finished(_spark_compiler().to_sqlglot(expression))


@functools.cache
def _spark_compiler() -> Any:
    """Ibis' compiler alone: its Spark backend would bring pandas, and opens sessions of its own."""
    import ibis
    from ibis.backends.sql.compilers.pyspark import PySparkCompiler

    class Options(ibis.config.Config):  # type: ignore[misc]
        treat_nan_as_null: bool = False

    ibis.options.pyspark = ibis.options.pyspark or Options()
    return PySparkCompiler()


@functools.lru_cache(maxsize=256)
def translated(sql: str, dialect: Dialect) -> str:
    """A statement written in DuckDB's SQL, in another dialect."""
    import sqlglot

    return sql if dialect == "duckdb" else _finished(sqlglot.parse_one(sql, read="duckdb"))


@functools.lru_cache(maxsize=1024)
def tables_named(sql: str, dialect: Dialect) -> frozenset[str]:
    """Every relation that a statement names, its own WITH parts among them."""
    import sqlglot

    return frozenset(table.name for table in sqlglot.parse_one(sql, read=dialect).find_all(sqlglot.exp.Table))


def _finished(tree: Any) -> str:
    """Spark's text of a statement, without what the two generators before it leave to DuckDB's good nature."""
    from sqlglot import exp

    for select in list(tree.find_all(exp.Select)):
        _unnest_together(select)
    for test in list(tree.find_all(exp.Is)):
        if isinstance(test.this, exp.Is | exp.Not):  # Spark cannot read `a IS NOT NULL IS NOT NULL`
            test.set("this", exp.paren(test.this))
    return str(tree.sql(dialect="spark", pretty=True))


def _unnest_together(select: Any) -> None:
    """Lists that DuckDB unnests side by side, the shorter ones filled with NULL: Spark takes one generator a SELECT."""
    from sqlglot import exp

    lists = [item for item in select.expressions if isinstance(item, exp.Alias) and isinstance(item.this, exp.Explode)]
    if len(lists) < 2:
        return
    zipped = exp.Anonymous(this="ARRAYS_ZIP", expressions=[item.this.this for item in lists])
    together = exp.Aliases(
        this=exp.Anonymous(this="INLINE", expressions=[zipped]),
        expressions=[exp.to_identifier(item.alias, quoted=True) for item in lists],
    )
    others = [item for item in select.expressions if item not in lists]
    select.set("expressions", [*others, together])

"""Reaching Spark: one Java process for each of ours, or a Spark Connect server; sessions that share nothing by name."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from shopkeeper.core.settings import EngineSection, resolved
from shopkeeper.errors import ConfigError, InternalError, SourceError
from shopkeeper.warehouse.lake import Lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_WHERE = "shopkeeper.toml, key engine.master"
_ANSWER_SECONDS = 5.0
# What every session computes with, whatever the cluster has set: days and decimals as the lake stores them.
_SEMANTICS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parquet.fieldId.read.enabled": "true",
    "spark.sql.parquet.fieldId.read.ignoreMissing": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
}
_LOCAL = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "16",  # instead of 200: the tasks of one machine
}
_QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.catalogImplementation": "in-memory",
}

_starting = threading.Lock()
_running: dict[str, SparkSession] = {}


def new_session(settings: EngineSection, lake: Lake) -> SparkSession:
    """A session with no views yet; Spark is started, or its server asked, when this process first needs it.

    Raises ConfigError when Spark or Java is not installed, when nobody answers at the master's address, or when this
    process already works with another master.
    """
    master = resolved(settings.master, where=_WHERE)
    _require_installed(master)
    with explained_spark_errors(), _starting, warnings.catch_warnings():
        # Spark warns of any pandas 3, of which nothing is used here.
        warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
        session = _connected(master, settings) if master.startswith("sc://") else _child_of(master, settings, lake)
        for name, value in _SEMANTICS.items():
            session.conf.set(name, value)
    return session


def _require_installed(master: str) -> None:
    if importlib.util.find_spec("pyspark") is None:
        raise ConfigError(
            "Spark is not installed", where="Python package pyspark", received="missing", allowed="pyspark 4",
            state="nothing was read", next_command="pip install 'shopkeeper-ops[spark]', or --engine duckdb",
        )  # fmt: skip
    home = os.environ.get("JAVA_HOME")
    if not master.startswith("sc://") and shutil.which("java", path=f"{home}/bin" if home else None) is None:
        raise ConfigError(
            "Java is not installed, and Spark runs in it", where=f"JAVA_HOME = {home}" if home else "PATH",
            received="no program java", allowed="Java 17 or newer, or a Spark Connect server (sc://host:port)",
            state="nothing was read", next_command="install Java (Debian: openjdk-17-jre-headless), or --engine duckdb",
        )  # fmt: skip
    _require_answer(master)


def _require_answer(master: str) -> None:
    """Ask the address once: Spark itself would try for minutes."""
    found = re.match(r"(sc|spark)://([^:/;,]+)(?::(\d+))?", master)
    if not found:
        return
    host, port = found[2], int(found[3] or (15002 if found[1] == "sc" else 7077))
    try:
        socket.create_connection((host, port), timeout=_ANSWER_SECONDS).close()
    except OSError as error:
        raise ConfigError(
            "Spark does not answer", where=_WHERE, received=f"{host}:{port}: {error.strerror or error}",
            allowed="local[N], spark://host:port, yarn, k8s://host:port, sc://host:port", state="nothing was read",
            next_command="start it, correct the setting, or --engine duckdb",
        ) from None  # fmt: skip


def _connected(master: str, settings: EngineSection) -> SparkSession:
    """A session of a Spark Connect server."""
    missing = [name for name in ("grpc", "pandas", "pyarrow") if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            "Spark Connect needs more packages", where=_WHERE, received=f"no {', '.join(missing)}",
            state="nothing was read", next_command="pip install 'shopkeeper-ops[spark]'",
        )  # fmt: skip
    from pyspark.sql.connect.session import SparkSession as ConnectSession

    builder = ConnectSession.builder.remote(master)
    for name, value in settings.options.items():
        builder = builder.config(name, value)
    session: SparkSession = builder.create()  # type: ignore[assignment]
    return session


def _child_of(master: str, settings: EngineSection, lake: Lake) -> SparkSession:
    if master not in _running:
        if _running:
            raise ConfigError(
                "one process works with one Spark", where=_WHERE, received=master, allowed=list(_running),
                state="nothing was read", next_command="run shops of different clusters in processes of their own",
            )  # fmt: skip
        _running[master] = _start(master, settings, lake)
    return _running[master].newSession()


def _start(master: str, settings: EngineSection, lake: Lake) -> SparkSession:
    """Start Java beside this process; what it has to say goes to `data/spark.log`."""
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    options = _QUIET | {
        "spark.driver.memory": f"{max(lake.settings.memory_limit_mb, 1024)}m",
        "spark.sql.warehouse.dir": f"{lake.data_dir}/spill/spark-warehouse",  # or it makes one wherever it is started
    }
    if master.startswith("local"):
        options |= _LOCAL
    conf = SparkConf().setMaster(master).setAppName("shopkeeper").setAll(list((options | settings.options).items()))
    with (lake.data_dir / "spark.log").open("ab") as log:
        gateway = launch_gateway(  # type: ignore[no-untyped-call]
            conf, popen_kwargs={"stdout": log, "stderr": subprocess.STDOUT}
        )
    try:
        return SparkSession(SparkContext(gateway=gateway, conf=conf))
    except BaseException:
        _end(gateway)
        raise


def stop_spark() -> None:
    """End the Java process of this one, if there is any: the next session starts another."""
    from pyspark import SparkContext

    with _starting:
        for session in _running.values():
            session.stop()
            _end(SparkContext._gateway)
        _running.clear()


def _end(gateway: Any) -> None:
    from pyspark import SparkContext

    SparkContext._gateway = SparkContext._jvm = None
    gateway.shutdown()
    gateway.proc.stdin.close()  # what Java waits for
    gateway.proc.wait()


@contextlib.contextmanager
def explained_spark_errors() -> Iterator[None]:
    """Turn Spark's errors into ours: a file that it cannot see, or whatever else it says first."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        text = str(error).strip().split("\n\n")[0]
        if "FILE_NOT_EXIST" in text or "PATH_NOT_FOUND" in text or "FileNotFoundException" in text:
            raise SourceError(
                "Spark cannot see a file of the lake", where="shopkeeper.toml, key engine.lake", received=text,
                allowed="a folder or an address that every machine of the cluster reads", state="nothing was changed",
                next_command="shopkeeper doctor",
            ) from error  # fmt: skip
        raise InternalError(
            "Spark failed", where=_WHERE, received=text, state="nothing was changed", next_command="shopkeeper doctor"
        ) from error

"""Reconciliation (对账): what orders promised, what statements paid, what reached the bank; and how well sources join."""

from __future__ import annotations

from shopkeeper.quality.reconcile.result import Reconciliation
from shopkeeper.quality.reconcile.run import join_hits, reconcile
from shopkeeper.quality.reconcile.scope import Scope, parse_scope

__all__ = ["Reconciliation", "Scope", "join_hits", "parse_scope", "reconcile"]

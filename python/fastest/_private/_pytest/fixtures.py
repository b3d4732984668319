"""Fixtures: what plugins import from here; the engine is src/fixtures."""

from __future__ import annotations

from typing import TypeVar

from _pytest.compat import NOTSET as NOTSET
from _pytest.scope import HIGH_SCOPES as HIGH_SCOPES
from _pytest.scope import Scope as Scope
from fastest._fastest import call_fixture_func as call_fixture_func
from fastest._fastest import deduplicate_names as deduplicate_names
from fastest._fastest import fixture as fixture
from fastest._fastest import FixtureDef as FixtureDef
from fastest._fastest import FixtureFunctionDefinition as FixtureFunctionDefinition
from fastest._fastest import FixtureFunctionMarker as FixtureFunctionMarker
from fastest._fastest import FixtureLookupError as FixtureLookupError
from fastest._fastest import FixtureManager as FixtureManager
from fastest._fastest import FixtureRequest as FixtureRequest
from fastest._fastest import FuncFixtureInfo as FuncFixtureInfo
from fastest._fastest import get_scope_node as get_scope_node
from fastest._fastest import get_scope_package as get_scope_package
from fastest._fastest import getfixturemarker as getfixturemarker
from fastest._fastest import ParamValueKey as ParamValueKey
from fastest._fastest import pytest_fixture_setup as pytest_fixture_setup
from fastest._fastest import register_fixture as register_fixture
from fastest._fastest import reorder_items as reorder_items
from fastest._fastest import RequestFixtureDef as RequestFixtureDef
from fastest._fastest import resolve_fixture_function as resolve_fixture_function
from fastest._fastest import SubRequest as SubRequest
from fastest._fastest import TopRequest as TopRequest
from fastest._fastest import yield_fixture as yield_fixture


FixtureValue = TypeVar("FixtureValue", covariant=True)


def _lazy(name):
    """Names that need more imports than most who import this module want."""
    from collections.abc import Callable
    from collections.abc import Generator

    if name == "FixtureFunction":
        return Callable[..., object]
    if name == "_FixtureFunc":
        return Callable[..., FixtureValue] | Callable[..., Generator[FixtureValue]]
    if name == "FixtureLookupErrorRepr":
        from _pytest.fixtures_lookup import FixtureLookupErrorRepr

        return FixtureLookupErrorRepr
    if name in ("showfixtures", "show_fixtures_per_test", "write_docstring"):
        import _pytest.fixtures_show

        return getattr(_pytest.fixtures_show, name)
    if name == "pytestconfig":
        return _pytestconfig()
    from fastest._native_hooks import attribute

    return attribute(__name__, name)


def _pytestconfig():
    @fixture(scope="session")
    def pytestconfig(request):
        """Session-scoped fixture that returns the session's :class:`pytest.Config`
        object.

        Example::

            def test_foo(pytestconfig):
                if pytestconfig.get_verbosity() > 0:
                    ...

        """
        return request.config

    return pytestconfig


def __getattr__(name):
    value = _lazy(name)
    globals()[name] = value
    return value

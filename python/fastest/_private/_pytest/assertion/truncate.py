"""Cutting explanations: done in C."""

from fastest._fastest import _truncate_lines
from fastest._fastest import Config
from fastest._fastest import _truncation_of

from ._typing import NO_TRUNCATION_BUDGET
from ._typing import TruncationBudget


USAGE_MSG = "use '-vv' to show"
TRUNCATION_MSG = f"...Full output truncated, {USAGE_MSG}"
TRUNCATION_FOOTER_LINES = 2
TRUNCATION_FOOTER_CHARS = len("...") + len(TRUNCATION_MSG)


def _limits_of(config):
    """(lines, characters) that the config allows, or None where all is shown."""
    if isinstance(config, Config):
        return _truncation_of(config)
    # What only looks like a Config is asked the same questions.
    from _pytest.compat import running_on_ci

    if config.get_verbosity(Config.VERBOSITY_ASSERTIONS) >= 2 or running_on_ci():
        return None
    limits = [config.getini(f"truncation_limit_{what}") for what in ("lines", "chars")]
    defaults = (TruncationBudget.DEFAULT_MAX_LINES, TruncationBudget.DEFAULT_MAX_CHARS)
    return tuple(default if limit is None else int(limit) for limit, default in zip(limits, defaults))


def _get_truncation_parameters(config):
    limits = _limits_of(config)
    if limits is None:
        return False, NO_TRUNCATION_BUDGET
    return any(limit > 0 for limit in limits), TruncationBudget(max_lines=limits[0], max_chars=limits[1])


def materialize_with_truncation(lines, config):
    """The lines that are shown, as a list: no more are taken from `lines` than it needs."""
    limits = _limits_of(config)
    return list(lines) if limits is None else _truncate_lines(lines, *limits)


def _truncate_explanation(input_lines, budget):
    return _truncate_lines(input_lines, budget.max_lines, budget.max_chars, True)

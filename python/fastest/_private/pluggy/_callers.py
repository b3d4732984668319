"""The call of a hook."""

from fastest._fastest import _multicall

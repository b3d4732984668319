"""Distributions as pkg_resources showed them."""

from fastest._distributions import DistFacade

"""Hook callers and markers."""

from fastest._fastest import HookCaller
from fastest._fastest import HookImpl
from fastest._fastest import HookimplMarker
from fastest._fastest import HookRelay
from fastest._fastest import HookSpec
from fastest._fastest import HookspecMarker
from fastest._fastest import _SubsetHookCaller
from fastest._fastest import varnames

# Plain dicts with these keys; the names are for annotations.
HookimplOpts = dict
HookspecOpts = dict

_HookCaller = HookCaller
_HookRelay = HookRelay


def normalize_hookimpl_opts(opts):
    for name in ("tryfirst", "trylast", "wrapper", "hookwrapper", "optionalhook"):
        opts.setdefault(name, False)
    opts.setdefault("specname", None)

"""Capturing of stdout, stderr and stdin: the classes are C; context managers that few ask for are here."""

from __future__ import annotations

import contextlib

from fastest._fastest import CaptureBase
from fastest._fastest import CaptureFixture
from fastest._fastest import CaptureIO
from fastest._fastest import CaptureManager
from fastest._fastest import CaptureResult
from fastest._fastest import DontReadFromInput
from fastest._fastest import EncodedFile
from fastest._fastest import FDCapture
from fastest._fastest import FDCaptureBase
from fastest._fastest import FDCaptureBinary
from fastest._fastest import MultiCapture
from fastest._fastest import NoCapture
from fastest._fastest import SysCapture
from fastest._fastest import SysCaptureBase
from fastest._fastest import SysCaptureBinary
from fastest._fastest import TeeCaptureIO

patchsysdict = {0: "stdin", 1: "stdout", 2: "stderr"}


@contextlib.contextmanager
def global_and_fixture_disabled(manager):
    fixture = manager._capture_fixture
    has_fixture = fixture is not None and fixture._is_started()
    if has_fixture:
        manager.suspend_fixture()
    has_global = manager._global_capturing is not None and manager._global_capturing.is_started()
    if has_global:
        manager.suspend_global_capture()
    try:
        yield
    finally:
        if has_global:
            manager.resume_global_capture()
        if has_fixture:
            manager.resume_fixture()


@contextlib.contextmanager
def item_capture(manager, when, item):
    manager.resume_global_capture()
    manager.activate_fixture()
    try:
        yield
    finally:
        manager.deactivate_fixture()
        manager.suspend_global_capture(in_=False)
        out, err = manager.read_global_capture()
        item.add_report_section(when, "stdout", out)
        item.add_report_section(when, "stderr", err)


@contextlib.contextmanager
def fixture_disabled(fixture):
    manager = fixture.request.config.pluginmanager.getplugin("capturemanager")
    with manager.global_and_fixture_disabled():
        yield


def _get_multicapture(method):
    if method == "fd":
        return MultiCapture(in_=FDCapture(0), out=FDCapture(1), err=FDCapture(2))
    if method == "sys":
        return MultiCapture(in_=SysCapture(0), out=SysCapture(1), err=SysCapture(2))
    if method == "no":
        return MultiCapture(in_=None, out=None, err=None)
    if method == "tee-sys":
        return MultiCapture(in_=None, out=SysCapture(1, tee=True), err=SysCapture(2, tee=True))
    raise ValueError(f"unknown capturing method: {method!r}")


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)

"""Tests close captured descriptors, lead them elsewhere, or replace the streams: the next one is captured all the same."""
import io
import os
import sys


def test_closes():
    os.close(1)


def test_after_close():
    os.write(1, b"written\n")
    assert 0


def test_leads_elsewhere(tmp_path):
    with open(tmp_path / "file", "w") as file:
        os.dup2(file.fileno(), 1)
        os.write(1, b"into the file\n")


def test_after_lead():
    os.write(1, b"written\n")
    print("printed")
    assert 0


def test_replaces_with_original():
    sys.stdout = sys.__stdout__
    sys.stderr = io.StringIO()


def test_after_replacement():
    print("printed")
    print("to stderr", file=sys.stderr)
    assert 0


def test_replaces_in_setup(request):
    request.addfinalizer(lambda: setattr(sys, "stdout", sys.__stdout__))
    print("printed before")


def test_after_finalizer():
    print("printed")
    assert 0

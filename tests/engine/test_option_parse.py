"""The native parse of options against argparse, over generated options and command lines."""

import os
import random
import sys

sys.setdlopenflags(os.RTLD_LAZY)
from fastest import _fastest  # noqa: E402

_fastest.install_finder()

ROWS = [
    (("-k",), {"dest": "keyword", "default": ""}),
    (("-x", "--exitfirst"), {"action": "store_const", "dest": "maxfail", "const": 1}),
    (("--maxfail",), {"type": int, "dest": "maxfail", "default": 0}),
    (("-v", "--verbose"), {"action": "count", "default": 0}),
    (("-p",), {"action": "append", "dest": "plugins", "default": []}),
    (("--tb",), {"choices": ["auto", "short"], "default": "auto"}),
    (("--debug",), {"nargs": "?", "const": "log"}),
    (("--flag",), {"action": "store_true"}),
    (("--no-flag",), {"action": "store_false", "dest": "flag"}),
    (("-r",), {"dest": "chars", "default": "fE"}),
    (("--many",), {"nargs": "*"}),
    (("--some",), {"nargs": "+", "type": int}),
    (("--two",), {"nargs": 2}),
    (("--typed",), {"type": float, "default": "1.5"}),
    (("-S", "--add-const"), {"action": "append_const", "const": 7, "dest": "consts"}),
    (("--cov",), {"nargs": "?", "const": True, "action": "append", "default": [], "metavar": "SOURCE"}),
]
WORDS = [
    "-k", "-kfoo", "-k=foo", "-x", "-xv", "-vv", "-vvx", "-vkname", "-vk", "-rA", "-r", "-p", "-pno:x", "--tb", "--tb=short",
    "--tb=odd", "--maxfail=2", "--maxfail", "--maxfail=x", "3", "--debug", "--debug=f", "--flag", "--no-flag",
    "--flag=1", "--many", "--some", "--two", "--typed=2", "--typed", "a", "b/test_c.py::x[1]", "-1", "-1.5", "-a b",
    "--unknown", "--unknown=1", "--unk nown", "-Z", "-Zq", "-xZ", "-x=1", "", "-", "--cov", "--cov=src", "-S",
    "--verbose", "--verb", "--tb=", "not slow",
]


def make_parser(rows):
    parser = _fastest.Parser(_ispytest=True)
    group = parser.getgroup("general")
    for opts, attrs in rows:
        group._addoption(*opts, **attrs)
    return parser


def run(parser, args, strict):
    try:
        if strict:
            return vars(parser.parse(list(args))), []
        namespace, unknown = parser.parse_known_and_unknown_args(list(args))
        # Some versions of argparse leave the dashes there.
        return vars(namespace), [word for word in unknown if word != "--"]
    except _fastest.UsageError as error:
        return "error", str(error)


def test_native_parse_agrees_with_argparse():
    rng = random.Random(int(os.environ.get("OPTION_SEED", "3")))
    native = argparsed = None
    done = 0
    for round in range(int(os.environ.get("OPTION_ROUNDS", "3000"))):
        if round % 50 == 0:
            rows = rng.sample(ROWS, rng.randrange(3, len(ROWS)))
            native, argparsed = make_parser(rows), make_parser(rows)
            argparsed.optparser
        args = [rng.choice(WORDS) for _ in range(rng.randrange(5))]
        if rng.random() < 0.1:
            args += ["--"] + [rng.choice(["a", "-k", "c"]) for _ in range(rng.randrange(1, 3))]
        strict = rng.random() < 0.5
        expected = run(argparsed, args, strict)
        # An error makes argparse's parser, which then would do all the work.
        native = make_parser(rows) if expected[0] == "error" else native
        assert run(native, args, strict) == expected, (args, strict, rows)
        native = make_parser(rows) if expected[0] == "error" else native
        done += expected[0] != "error"
    assert done > 300


def test_files_of_arguments_are_read(tmp_path):
    (tmp_path / "inner").write_text("--maxfail=2\n")
    (tmp_path / "outer").write_text(f"-k\nname with spaces\n@{tmp_path / 'inner'}\n")
    namespace = make_parser(ROWS[:3]).parse(["a", f"@{tmp_path / 'outer'}", "b"])
    assert (namespace.keyword, namespace.maxfail, namespace.file_or_dir) == ("name with spaces", 2, ["a", "b"])


def test_ordinary_options_do_not_import_argparse():
    import subprocess

    code = (
        "import sys, os; sys.setdlopenflags(os.RTLD_LAZY)\n"
        "from fastest import _fastest\n"
        "parser = _fastest.Parser(_ispytest=True)\n"
        "parser.addoption('--speed', type=int, default=3, choices=[1, 2, 3], help='h')\n"
        "assert parser.parse(['--speed=2', 'x']).speed == 2\n"
        "assert 'argparse' not in sys.modules\n"
    )
    folder = os.path.dirname(os.path.dirname(_fastest.__file__))
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": folder})

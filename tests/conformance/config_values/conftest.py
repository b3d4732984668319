from typing import Literal

TYPES = {
    "a_string": "string", "words": "args", "a_list": "linelist", "a_flag": "bool", "a_number": "int",
    "a_float": "float", "folders": "paths", "a_union": int | str, "a_choice": Literal["one", "two"],
    "mixed": int | Literal["auto"],
}


def pytest_addoption(parser):
    for name, type in TYPES.items():
        parser.addini(name, "help", type=type, default="unset")
    parser.addini("new_name", "help", aliases=["old_name"], default="unset")
    group = parser.getgroup("mine", "my options", after="general")
    group.addoption("--mine", action="append", default=["first"], type=int)
    group._addoption("-z", "--zed", action="store_const", const=5, dest="zed")


def pytest_report_header(config):
    root = str(config.rootpath)
    lines = [f"{name}: {config.getini(name)!r}".replace(root, "ROOT") for name in [*TYPES, "new_name"]]
    for name in ("keyword", "verbose", "reportchars", "maxfail", "tbstyle", "plugins", "override_ini", "color",
                 "pythonwarnings", "ignore", "file_or_dir", "mine", "zed", "capture"):
        lines.append(f"option {name}: {getattr(config.option, name)!r}")
    lines.append(f"args: {config.args} {config.args_source.name} {config.inipath}".replace(root, "ROOT"))
    lines.append(f"{config.getoption('--zed')} {config.getoption('nope', 3)} {config.get_verbosity('test_cases')}")
    return lines

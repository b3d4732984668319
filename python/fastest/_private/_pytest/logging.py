"""Capturing of log records. Imported when a run has imported `logging`, or when an option of it is used."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from io import StringIO

from fastest._fastest import StashKey

DEFAULT_LOG_FORMAT = "%(levelname)-8s %(name)s:%(filename)s:%(lineno)d %(message)s"
DEFAULT_LOG_DATE_FORMAT = "%H:%M:%S"
_ANSI_ESCAPE_SEQ = re.compile(r"\x1b\[[\d;]+m")
caplog_handler_key = StashKey()
caplog_records_key = StashKey()


def _remove_ansi_escape_sequences(text):
    return _ANSI_ESCAPE_SEQ.sub("", text)


# ---- formatters ----


class DatetimeFormatter(logging.Formatter):
    """A formatter that also knows %f, the microseconds."""

    def formatTime(self, record, datefmt=None):
        if not datefmt or "%f" not in datefmt:
            return super().formatTime(record, datefmt)
        from datetime import datetime
        from datetime import timedelta
        from datetime import timezone

        parts = self.converter(record.created)
        zone = timezone(timedelta(seconds=parts.tm_gmtoff), parts.tm_zone)
        moment = datetime(*parts[0:6], microsecond=int(record.msecs * 1000), tzinfo=zone)
        return moment.strftime(datefmt)


class ColoredLevelFormatter(DatetimeFormatter):
    """A formatter that colours the name of the level."""

    LOGLEVEL_COLOROPTS = {
        logging.CRITICAL: {"red"},
        logging.ERROR: {"red", "bold"},
        logging.WARNING: {"yellow"},
        logging.INFO: {"green"},
        logging.DEBUG: {"purple"},
        logging.NOTSET: set(),
    }
    LEVELNAME_FMT_REGEX = re.compile(r"%\(levelname\)([+-.]?\d*(?:\.\d+)?s)")

    def __init__(self, terminalwriter, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._terminalwriter = terminalwriter
        self._original_fmt = self._style._fmt
        self._level_to_fmt_mapping = {}
        for level, colours in self.LOGLEVEL_COLOROPTS.items():
            self.add_color_level(level, *colours)

    def add_color_level(self, level, *color_opts):
        """Show the name of a level in these colours."""
        found = self.LEVELNAME_FMT_REGEX.search(self._fmt)
        if not found:
            return
        name = found.group() % {"levelname": logging.getLevelName(level)}
        coloured = self._terminalwriter.markup(name, **dict.fromkeys(color_opts, True))
        self._level_to_fmt_mapping[level] = self.LEVELNAME_FMT_REGEX.sub(coloured, self._fmt)

    def format(self, record):
        self._style._fmt = self._level_to_fmt_mapping.get(record.levelno, self._original_fmt)
        return super().format(record)


class PercentStyleMultiline(logging.PercentStyle):
    """Lines after the first are indented: not at all (0), by a number, or under the first (-1)."""

    def __init__(self, fmt, auto_indent):
        super().__init__(fmt)
        self._auto_indent = self._get_auto_indent(auto_indent)

    @staticmethod
    def _get_auto_indent(option):
        if isinstance(option, bool):
            return -1 if option else 0
        if isinstance(option, int):
            return max(option, 0)
        if not isinstance(option, str):
            return 0
        try:
            return max(int(option), 0)
        except ValueError:
            pass
        from _pytest.config import _strtobool

        try:
            return -1 if _strtobool(option) else 0
        except ValueError:
            return 0

    def format(self, record):
        if "\n" in record.message:
            own = getattr(record, "auto_indent", None)
            indent = self._auto_indent if not hasattr(record, "auto_indent") else self._get_auto_indent(own)
            if indent:
                lines = record.message.splitlines()
                first = self._fmt % {**record.__dict__, "message": lines[0]}
                if indent < 0:
                    indent = _remove_ansi_escape_sequences(first).find(lines[0])
                return ("\n" + " " * indent).join([first, *lines[1:]])
        return self._fmt % record.__dict__


# ---- handlers ----


class catching_logs:
    """While entered, the root logger (and every one that does not propagate to it) has the handler."""

    def __init__(self, handler, level=None):
        self.handler = handler
        self.level = level
        self.attached_loggers = []

    def __enter__(self):
        root = logging.getLogger()
        if self.level is not None:
            self.handler.setLevel(self.level)
        for logger in [root, *_loggers_apart()]:
            logger.addHandler(self.handler)
            self.attached_loggers.append(logger)
        if self.level is not None:
            self.orig_level = root.level
            root.setLevel(min(self.orig_level, self.level))
        return self.handler

    def __exit__(self, exc_type, exc_val, exc_tb):
        if self.level is not None:
            logging.getLogger().setLevel(self.orig_level)
        for logger in self.attached_loggers:
            logger.removeHandler(self.handler)
        self.attached_loggers.clear()


def _loggers_apart():
    """Loggers whose records do not reach the root."""
    root = logging.getLogger()
    return [
        logger
        for logger in list(root.manager.loggerDict.values())
        if isinstance(logger, logging.Logger) and not logger.propagate and logger is not root
    ]


class LogCaptureHandler(logging.StreamHandler):
    """Keeps records, and their text."""

    def __init__(self):
        super().__init__(StringIO())
        self.records = []

    def emit(self, record):
        self.records.append(record)
        super().emit(record)

    def reset(self):
        self.records = []
        self.stream = StringIO()

    def clear(self):
        self.records.clear()
        self.stream = StringIO()

    def handleError(self, record):
        if logging.raiseExceptions:
            raise  # a record that cannot be formatted fails the test


class _FileHandler(logging.FileHandler):
    def handleError(self, record):
        pass


class _LiveLoggingStreamHandler(logging.StreamHandler):
    """Shows records on the terminal while tests run, under headings for the phases."""

    stream = None

    def __init__(self, terminal_reporter, capture_manager):
        super().__init__(stream=terminal_reporter)
        self.capture_manager = capture_manager
        self.reset()
        self.set_when(None)
        self._test_outcome_written = False

    def reset(self):
        self._first_record_emitted = False

    def set_when(self, when):
        self._when = when
        self._section_name_shown = False
        if when == "start":
            self._test_outcome_written = False

    def emit(self, record):
        manager = self.capture_manager
        with manager.global_and_fixture_disabled() if manager else contextlib.nullcontext():
            if not self._first_record_emitted:
                self.stream.write("\n")
                self._first_record_emitted = True
            elif self._when in ("teardown", "finish") and not self._test_outcome_written:
                self._test_outcome_written = True
                self.stream.write("\n")
            if not self._section_name_shown and self._when:
                self.stream.section("live log " + self._when, sep="-", bold=True)
                self._section_name_shown = True
            super().emit(record)

    def handleError(self, record):
        pass


class _LiveLoggingNullHandler(logging.NullHandler):
    def reset(self):
        pass

    def set_when(self, when):
        pass

    def handleError(self, record):
        pass


# ---- caplog ----


class LogCaptureFixture:
    """Provides access and control of log capturing."""

    def __init__(self, item, *, _ispytest=False):
        self._item = item
        self._initial_handler_level = None
        self._initial_logger_levels = {}
        self._initial_disabled_logging_level = None

    def _finalize(self):
        if self._initial_handler_level is not None:
            self.handler.setLevel(self._initial_handler_level)
        for name, level in self._initial_logger_levels.items():
            logging.getLogger(name).setLevel(level)
        if self._initial_disabled_logging_level is not None:
            logging.disable(self._initial_disabled_logging_level)
            self._initial_disabled_logging_level = None

    @property
    def handler(self):
        """The handler that keeps the records."""
        return self._item.stash[caplog_handler_key]

    def get_records(self, when):
        """The records of one phase: "setup", "call" or "teardown"."""
        return self._item.stash[caplog_records_key].get(when, [])

    @property
    def text(self):
        """The formatted log text."""
        return _remove_ansi_escape_sequences(self.handler.stream.getvalue())

    @property
    def records(self):
        """The list of log records."""
        return self.handler.records

    @property
    def record_tuples(self):
        """[(logger name, level, message)]"""
        return [(record.name, record.levelno, record.getMessage()) for record in self.records]

    @property
    def messages(self):
        """The messages, with arguments filled in but not formatted."""
        return [record.getMessage() for record in self.records]

    def clear(self):
        """Forget the records and the text."""
        self.handler.clear()

    def _force_enable_logging(self, level, logger_obj):
        """Undo logging.disable() as far as `level` needs; what was disabled before."""
        before = logger_obj.manager.disable
        if isinstance(level, str):
            level = logging.getLevelName(level)
        if not isinstance(level, int):
            logging.disable(logging.NOTSET)
        elif not logger_obj.isEnabledFor(level):
            logging.disable(max(level - 10, logging.NOTSET))
        return before

    def set_level(self, level, logger=None):
        """Set the level of a logger for the rest of the test."""
        logger_obj = logging.getLogger(logger)
        self._initial_logger_levels.setdefault(logger, logger_obj.level)
        logger_obj.setLevel(level)
        if self._initial_handler_level is None:
            self._initial_handler_level = self.handler.level
        self.handler.setLevel(level)
        disabled = self._force_enable_logging(level, logger_obj)
        if self._initial_disabled_logging_level is None:
            self._initial_disabled_logging_level = disabled

    @contextlib.contextmanager
    def at_level(self, level, logger=None):
        """Set the level of a logger within a with block."""
        logger_obj = logging.getLogger(logger)
        before, handler_before = logger_obj.level, self.handler.level
        logger_obj.setLevel(level)
        self.handler.setLevel(level)
        disabled = self._force_enable_logging(level, logger_obj)
        try:
            yield
        finally:
            logger_obj.setLevel(before)
            self.handler.setLevel(handler_before)
            logging.disable(disabled)

    @contextlib.contextmanager
    def filtering(self, filter_):
        """Add a filter to the handler within a with block."""
        if filter_ in self.handler.filters:
            yield
            return
        self.handler.addFilter(filter_)
        try:
            yield
        finally:
            self.handler.removeFilter(filter_)


# ---- options ----


def get_option_ini(config, *names):
    """The first of these options or ini values that is something."""
    value = None
    for name in names:
        value = config.getoption(name)
        if value is None:
            value = config.getini(name)
        if value:
            return value
    return None


def get_log_level_for_setting(config, *setting_names):
    level = None
    for name in setting_names:
        level = config.getoption(name)
        if level is None:
            level = config.getini(name)
        if level is not None and level != "":
            break
    else:
        return None
    if isinstance(level, int):
        return level
    level = level.upper()
    try:
        return int(getattr(logging, level, level))
    except ValueError as error:
        from _pytest.config import UsageError

        raise UsageError(
            f"'{level}' is not recognized as a logging level name for '{name}'. "
            "Please consider passing the logging level num instead."
        ) from error


# ---- the plugin's state ----


class LoggingPlugin:
    """What the plugin "logging-plugin" is; its hooks are in C and call the methods at the end."""

    def __init__(self, config):
        self._config = config
        self.formatter = self._create_formatter(
            get_option_ini(config, "log_format"),
            get_option_ini(config, "log_date_format"),
            get_option_ini(config, "log_auto_indent"),
        )
        self.log_level = get_log_level_for_setting(config, "log_level")
        self.caplog_handler = LogCaptureHandler()
        self.caplog_handler.setFormatter(self.formatter)
        self.report_handler = LogCaptureHandler()
        self.report_handler.setFormatter(self.formatter)
        self._make_file_handler()
        self._make_cli_handler()
        for name in config.option.logger_disable or ():
            logging.getLogger(name).disabled = True
        self.is_plain = (
            self.log_level is None and not self.has_log_file and isinstance(self.log_cli_handler, logging.NullHandler)
        )
        self._spans = []
        self._catching = None
        self._attached = False

    def _make_file_handler(self):
        config = self._config
        self.log_file_level = get_log_level_for_setting(config, "log_file_level", "log_level")
        log_file = get_option_ini(config, "log_file") or os.devnull
        self.has_log_file = log_file != os.devnull
        if self.has_log_file:
            os.makedirs(os.path.dirname(os.path.abspath(log_file)), exist_ok=True)
        self.log_file_mode = get_option_ini(config, "log_file_mode") or "w"
        self.log_file_handler = _FileHandler(log_file, mode=self.log_file_mode, encoding="UTF-8")
        self.log_file_handler.setFormatter(
            DatetimeFormatter(
                get_option_ini(config, "log_file_format", "log_format"),
                datefmt=get_option_ini(config, "log_file_date_format", "log_date_format"),
            )
        )

    def _make_cli_handler(self):
        config = self._config
        self.log_cli_level = get_log_level_for_setting(config, "log_cli_level", "log_level")
        if self._log_cli_enabled():
            manager = config.pluginmanager
            reporter = manager.get_plugin("terminalreporter")
            self.log_cli_handler = _LiveLoggingStreamHandler(reporter, manager.get_plugin("capturemanager"))
        else:
            self.log_cli_handler = _LiveLoggingNullHandler()
        self.log_cli_handler.setFormatter(
            self._create_formatter(
                get_option_ini(config, "log_cli_format", "log_format"),
                get_option_ini(config, "log_cli_date_format", "log_date_format"),
                get_option_ini(config, "log_auto_indent"),
            )
        )

    def _terminal_writer(self):
        """Tells whether the terminal takes colors: sys.stdout is captured by the time that logging is imported."""
        from _pytest.config import create_terminal_writer

        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        return create_terminal_writer(self._config) if reporter is None else reporter._tw

    def _create_formatter(self, log_format, log_date_format, auto_indent):
        color = getattr(self._config.option, "color", "no")
        if color != "no" and ColoredLevelFormatter.LEVELNAME_FMT_REGEX.search(log_format):
            formatter = ColoredLevelFormatter(self._terminal_writer(), log_format, log_date_format)
        else:
            formatter = DatetimeFormatter(log_format, log_date_format)
        formatter._style = PercentStyleMultiline(formatter._style._fmt, auto_indent=auto_indent)
        return formatter

    def set_log_path(self, fname):
        """Log to another file from now on; relative to the root directory."""
        path = os.path.join(self._config.rootpath, fname)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        before = self.log_file_handler.setStream(open(path, mode=self.log_file_mode, encoding="UTF-8"))
        if before:
            before.close()

    def _log_cli_enabled(self):
        config = self._config
        if config.getoption("--log-cli-level") is None and not config.getini("log_cli"):
            return False
        return config.pluginmanager.get_plugin("terminalreporter") is not None

    # -- called from C --

    def span_begin(self, when):
        """Live log and log file, from the start of collection, of the loop, ... to its end."""
        if when == "runtestloop":
            if self._log_cli_enabled() and self._config.get_verbosity() < 1:
                self._config.option.verbose = 1
        else:
            self.log_cli_handler.set_when(when)
        stack = contextlib.ExitStack()
        stack.enter_context(catching_logs(self.log_cli_handler, level=self.log_cli_level))
        stack.enter_context(catching_logs(self.log_file_handler, level=self.log_file_level))
        self._spans.append(stack)

    def span_end(self):
        self.detach()
        self._spans.pop().close()

    def set_when(self, when):
        if when == "start":
            self.log_cli_handler.reset()
        self.log_cli_handler.set_when(when)

    def attach(self):
        """The capturing handlers on the root logger, and on those apart from it."""
        for logger in [logging.getLogger(), *_loggers_apart()]:
            for handler in (self.caplog_handler, self.report_handler):
                if handler not in logger.handlers:
                    logger.addHandler(handler)
        self._attached = True

    def detach(self):
        if self._attached:
            for logger in [logging.getLogger(), *_loggers_apart()]:
                logger.removeHandler(self.caplog_handler)
                logger.removeHandler(self.report_handler)
            self._attached = False

    def phase_begin(self, item, when):
        if self.is_plain:
            self.attach()
        else:
            self.log_cli_handler.set_when(when)
            self._catching = contextlib.ExitStack()
            self._catching.enter_context(catching_logs(self.caplog_handler, level=self.log_level))
            self._catching.enter_context(catching_logs(self.report_handler, level=self.log_level))
        self.caplog_handler.reset()
        self.report_handler.reset()
        self.use_caplog(item, when)

    def use_caplog(self, item, when):
        """The item's stash shows the records of this phase from now on."""
        item.stash.setdefault(caplog_records_key, {})[when] = self.caplog_handler.records
        item.stash[caplog_handler_key] = self.caplog_handler

    def phase_end(self, item, when):
        if self._catching is not None:
            self._catching.close()
            self._catching = None
        item.add_report_section(when, "log", self.report_handler.stream.getvalue().strip())
        if when == "teardown":
            for key in (caplog_records_key, caplog_handler_key):
                if key in item.stash:
                    del item.stash[key]

    def close(self):
        self.log_file_handler.close()


def caplog_fixture(plugin, item, when):
    """The fixture caplog of an item that is in phase `when`."""
    if caplog_handler_key not in item.stash:
        plugin.use_caplog(item, when)
    return LogCaptureFixture(item, _ispytest=True)


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)

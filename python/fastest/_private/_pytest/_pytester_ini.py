"""Ini files by section and key, as the library iniconfig gives them, for Pytester.getinicfg()."""

from __future__ import annotations


class SectionWrapper:
    """The settings of one section."""

    def __init__(self, config, name):
        self.config = config
        self.name = name

    def lineof(self, name):
        """The line of a setting, counted from 1, or None."""
        return self.config.lineof(self.name, name)

    def get(self, key, default=None, convert=str):
        return self.config.get(self.name, key, default=default, convert=convert)

    def __getitem__(self, key):
        return self.config.sections[self.name][key]

    def __iter__(self):
        yield from self.config.sections.get(self.name, ())

    def items(self):
        for key in self:
            yield key, self[key]


class IniConfig:
    """An ini file; values may go on in indented lines."""

    def __init__(self, path, data=None, encoding="utf-8"):
        self.path = str(path)
        if data is None:
            with open(self.path, encoding=encoding) as file:
                data = file.read()
        self.sections = {}
        self._lines = {}
        self._read(data.splitlines())

    def _read(self, lines):
        section = key = None
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if not text or text[0] in "#;":
                key = key if not text else None
            elif text[0] == "[" and "]" in text and not line[0].isspace():
                section, key = text[1 : text.index("]")], None
                self._add(section, None, {}, number)
            elif line[0].isspace() and key is not None:
                values = self.sections[section]
                values[key] = f"{values[key]}\n{text}" if values[key] else text
            elif section is None:
                raise ValueError(f"{self.path}:{number}: no section header defined")
            else:
                separator = "=" if "=" in text else ":"
                if separator not in text:
                    raise ValueError(f"{self.path}:{number}: unexpected line: {line!r}")
                key, _, value = (part.strip() for part in text.partition(separator))
                self._add(section, key, value, number)

    def _add(self, section, key, value, number):
        values = self.sections if key is None else self.sections[section]
        name = section if key is None else key
        if name in values:
            raise ValueError(f"{self.path}:{number}: duplicate {'section' if key is None else 'name'} {name!r}")
        values[name] = value
        self._lines[section, key] = number

    def lineof(self, section, name=None):
        """The line of a section or of a setting, counted from 1, or None."""
        return self._lines.get((section, name))

    def get(self, section, name, default=None, convert=str):
        value = self.sections.get(section, {}).get(name)
        if value is None:
            return default
        return value if convert is None else convert(value)

    def __getitem__(self, name):
        if name not in self.sections:
            raise KeyError(name)
        return SectionWrapper(self, name)

    def __iter__(self):
        for name in sorted(self.sections, key=self.lineof):
            yield SectionWrapper(self, name)

    def __contains__(self, arg):
        return arg in self.sections

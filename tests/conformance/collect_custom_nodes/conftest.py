import pytest, warnings, types

class SpecFile(pytest.File):
    def collect(self):
        for i, line in enumerate(self.path.read_text().splitlines()):
            if line.startswith("dir"):
                yield SpecGroup.from_parent(self, name=line)
            elif line:
                yield SpecItem.from_parent(self, name=line, spec=line, number=i)

class SpecGroup(pytest.Collector):
    def collect(self):
        return [SpecItem.from_parent(self, name="inner", spec="ok", number=0)]

class SpecItem(pytest.Item):
    def __init__(self, *, spec, number, **kw):
        super().__init__(**kw)
        self.spec = spec
        self.number = number
        self.add_marker("spec")
        self.user_properties.append(("n", number))
    def runtest(self):
        if "fail" in self.spec:
            raise SpecError(self, self.spec)
        if "skip" in self.spec:
            pytest.skip("spec says so")
    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, SpecError):
            return "spec failed: %s" % excinfo.value.args[1]
        return super().repr_failure(excinfo)
    def reportinfo(self):
        return self.path, self.number, f"spec: {self.name}"

class SpecError(Exception): pass

class OldItem(pytest.Item):
    def __init__(self, name, parent):
        super().__init__(name, parent)
    def runtest(self): pass

class Diamond(pytest.Item, pytest.File):
    def collect(self): return []
    def runtest(self): pass

class MyModule(pytest.Module):
    def collect(self):
        yield from super().collect()
        yield OldItem.from_parent(self, name="extra")
    def istestfunction(self, obj, name):
        return name.startswith("check_") or super().istestfunction(obj, name)
    def _getobj(self):
        mod = super()._getobj()
        mod.injected = 42
        return mod

class MyFunction(pytest.Function):
    def runtest(self):
        self.ran = True
        super().runtest()
    def setup(self):
        super().setup()
        assert self.funcargs is not None

def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".spec":
        return SpecFile.from_parent(parent, path=file_path)
    if file_path.suffix == ".dia":
        return Diamond.from_parent(parent, path=file_path, name=file_path.name)

def pytest_pycollect_makemodule(module_path, parent):
    if module_path.name == "test_mine.py":
        return MyModule.from_parent(parent, path=module_path)

def pytest_pycollect_makeitem(collector, name, obj):
    if name == "test_special":
        return MyFunction.from_parent(collector, name=name)
    if name == "weird":
        return [OldItem.from_parent(collector, name="weird1"), OldItem.from_parent(collector, name="weird2")]

def pytest_itemcollected(item):
    if item.name == "test_patched":
        original = item.obj
        def wrapper(*a, **k):
            original(*a, **k)
            raise AssertionError("wrapped")
        item.obj = wrapper
    if item.name == "test_runtest":
        item.runtest = types.MethodType(lambda self: (_ for _ in ()).throw(ValueError("own runtest")), item)
    if item.name == "test_name":
        item.name = "renamed"
        item.extra_keyword_matches.add("extrakw")

def pytest_collection_modifyitems(session, config, items):
    for item in items:
        print(item.nodeid, type(item).__name__, [type(n).__name__ for n in item.listchain()], item.location,
              sorted(k for k in item.keywords if not k.startswith("_")), item.listnames(), repr(item), str(item.id), item.id.names, item.id.params)
        assert item.getparent(pytest.Session) is session is item.session
        assert item.config is config
        assert item.ihook is not None
        assert list(item.iter_parents())[0] is item
        assert item.stash is item._store

def pytest_runtest_setup(item):
    item.add_report_section("setup", "mine", "section " + item.name)
    if hasattr(item, "callspec"):
        print(item.callspec.params, item.callspec.id, item.callspec.indices)
    print(item.fixturenames if hasattr(item, "fixturenames") else None, getattr(item, "originalname", None), getattr(item, "instance", None).__class__.__name__, getattr(item, "cls", None), getattr(item, "module", None).__class__)

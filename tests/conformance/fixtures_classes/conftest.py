def pytest_configure(config):
    from test_classes import Plugin

    config.pluginmanager.register(Plugin(), "own_plugin")

import warnings
warnings.warn("from conftest")
def pytest_configure(config):
    warnings.warn("in configure")
    config.issue_config_time_warning(UserWarning("config time"), stacklevel=2)
def pytest_warning_recorded(warning_message, when, nodeid, location):
    if when != "runtest": print("REC", warning_message.message, when, nodeid, location and location[2])

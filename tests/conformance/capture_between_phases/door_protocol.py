from _pytest.runner import call_and_report, runtestprotocol


def pytest_runtest_protocol(item, nextitem):
    if item.name == "test_prints":
        for when, arguments in ("setup", {}), ("call", {}), ("teardown", {"nextitem": nextitem}):
            report = call_and_report(item, when, log=False, **arguments)
            print(when, "of", item.name, report.outcome)
        return True
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    print("ran", item.name, [report.outcome for report in reports])
    return True

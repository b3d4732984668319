/* The hooks of pytest 9.2.0, one row each: id, flags, arguments in the order of the specification. */
#ifndef HOOKS_HOOKSPEC_H
#define HOOKS_HOOKSPEC_H

enum hook_spec_flags { HOOK_PLAIN = 0, HOOK_FIRSTRESULT = 1, HOOK_HISTORIC = 2 };

/* HOOK(name without pytest_, flags, argument names separated by spaces) */
/* clang-format off */
#define HOOKS \
    HOOK(addhooks, HOOK_HISTORIC, "pluginmanager") \
    HOOK(plugin_registered, HOOK_HISTORIC, "plugin plugin_name manager") \
    HOOK(addoption, HOOK_HISTORIC, "parser pluginmanager") \
    HOOK(configure, HOOK_HISTORIC, "config") \
    HOOK(cmdline_parse, HOOK_FIRSTRESULT, "pluginmanager args") \
    HOOK(load_initial_conftests, HOOK_PLAIN, "early_config parser args") \
    HOOK(cmdline_main, HOOK_FIRSTRESULT, "config") \
    HOOK(collection, HOOK_FIRSTRESULT, "session") \
    HOOK(collection_modifyitems, HOOK_PLAIN, "session config items") \
    HOOK(collection_finish, HOOK_PLAIN, "session") \
    HOOK(ignore_collect, HOOK_FIRSTRESULT, "collection_path config") \
    HOOK(collect_directory, HOOK_FIRSTRESULT, "path parent") \
    HOOK(collect_file, HOOK_PLAIN, "file_path parent") \
    HOOK(collectstart, HOOK_PLAIN, "collector") \
    HOOK(itemcollected, HOOK_PLAIN, "item") \
    HOOK(collectreport, HOOK_PLAIN, "report") \
    HOOK(deselected, HOOK_PLAIN, "items") \
    HOOK(make_collect_report, HOOK_FIRSTRESULT, "collector") \
    HOOK(pycollect_makemodule, HOOK_FIRSTRESULT, "module_path parent") \
    HOOK(pycollect_makeitem, HOOK_FIRSTRESULT, "collector name obj") \
    HOOK(pyfunc_call, HOOK_FIRSTRESULT, "pyfuncitem") \
    HOOK(generate_tests, HOOK_PLAIN, "metafunc") \
    HOOK(make_parametrize_id, HOOK_FIRSTRESULT, "config val argname") \
    HOOK(runtestloop, HOOK_FIRSTRESULT, "session") \
    HOOK(runtest_protocol, HOOK_FIRSTRESULT, "item nextitem") \
    HOOK(runtest_logstart, HOOK_PLAIN, "nodeid location") \
    HOOK(runtest_logfinish, HOOK_PLAIN, "nodeid location") \
    HOOK(runtest_setup, HOOK_PLAIN, "item") \
    HOOK(runtest_call, HOOK_PLAIN, "item") \
    HOOK(runtest_teardown, HOOK_PLAIN, "item nextitem") \
    HOOK(runtest_makereport, HOOK_FIRSTRESULT, "item call") \
    HOOK(runtest_logreport, HOOK_PLAIN, "report") \
    HOOK(report_to_serializable, HOOK_FIRSTRESULT, "config report") \
    HOOK(report_from_serializable, HOOK_FIRSTRESULT, "config data") \
    HOOK(fixture_setup, HOOK_FIRSTRESULT, "fixturedef request") \
    HOOK(fixture_post_finalizer, HOOK_PLAIN, "fixturedef request") \
    HOOK(sessionstart, HOOK_PLAIN, "session") \
    HOOK(sessionfinish, HOOK_PLAIN, "session exitstatus") \
    HOOK(unconfigure, HOOK_PLAIN, "config") \
    HOOK(assertrepr_compare, HOOK_PLAIN, "config op left right") \
    HOOK(assertion_pass, HOOK_PLAIN, "item lineno orig expl") \
    HOOK(report_header, HOOK_PLAIN, "config start_path") \
    HOOK(report_collectionfinish, HOOK_PLAIN, "config start_path items") \
    HOOK(report_teststatus, HOOK_FIRSTRESULT, "report config") \
    HOOK(terminal_summary, HOOK_PLAIN, "terminalreporter exitstatus config") \
    HOOK(warning_recorded, HOOK_HISTORIC, "warning_message when nodeid location") \
    HOOK(markeval_namespace, HOOK_PLAIN, "config") \
    HOOK(internalerror, HOOK_PLAIN, "excrepr excinfo") \
    HOOK(keyboard_interrupt, HOOK_PLAIN, "excinfo") \
    HOOK(exception_interact, HOOK_PLAIN, "node call report") \
    HOOK(enter_pdb, HOOK_PLAIN, "config pdb") \
    HOOK(leave_pdb, HOOK_PLAIN, "config pdb")
/* clang-format on */

enum hook_id {
#define HOOK(name, flags, arguments) HOOK_##name,
    HOOKS
#undef HOOK
        HOOK_COUNT,
};

enum { HOOK_MAX_ARGUMENTS = 4 };

#endif

collect_ignore=['test_ign.py']

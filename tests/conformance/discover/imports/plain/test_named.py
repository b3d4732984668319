import test_other
from shared import test_unlisted, TestListed as TestRenamed

try:
    import nowhere_to_be_found as maybe
except ImportError:
    maybe = None

try:
    from nowhere_to_be_found import test_there
except ImportError:
    from shared import test_listed as test_there

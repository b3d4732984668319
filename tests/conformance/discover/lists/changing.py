import shared

shared.OTHERS["b"] = 2

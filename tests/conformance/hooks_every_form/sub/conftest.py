import every

every.fill(globals(), "sub", ["plain", "old-tryfirst", "wrapper-trylast"])

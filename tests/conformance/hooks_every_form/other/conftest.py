import every

every.fill(globals(), "other", ["wrapper", "tryfirst", "plain"])

import every

every.fill(globals(), "root", ["trylast", "wrapper", "plain", "old", "tryfirst"])

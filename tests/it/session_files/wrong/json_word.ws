< json {"ok": True}

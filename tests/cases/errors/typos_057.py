do: pass

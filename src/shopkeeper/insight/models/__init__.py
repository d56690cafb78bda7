"""The analysis models, one file each; `registry` lists them, `run` estimates one."""

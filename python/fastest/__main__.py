"""python -m fastest: the runner in this interpreter and process, without the front."""

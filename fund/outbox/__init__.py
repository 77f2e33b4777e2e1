"""From a fact to its effects.

The rows are the truth, a broker only says that there is work: the database hands each fact to the reactions that
subscribed to it, one row each, in the commit of the fact itself, and a reaction marks its row in the commit of its
effect. A message queue cannot commit together with the books; with rows nothing is lost or done twice when Redis, a
worker or the machine dies, messages carry two ids and nothing else, and a lost, doubled or forged one changes nothing
but the time it takes. So retries, results, delays and dead letters are ours too, and Dramatiq does what it is good at:
threads that hear messages, time limits, shutdown. Source: service.md 1-11.

``subscriptions`` (reactions by name) and ``timers`` say what follows; ``deliveries`` carries a row to its reaction;
``relay`` hands out what is due or does it here; ``broker``, ``middleware`` and ``actors`` are for workers.
"""

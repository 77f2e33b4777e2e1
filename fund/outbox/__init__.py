"""From a fact to its effects: reactions, timers, workers.

The database hands each fact to the reactions that subscribed to it (``subscriptions``), one row each, in the commit of
the fact itself; a broker only says that there is work. So nothing is lost or done twice when Redis, a worker or the
machine dies: a message queue alone cannot commit together with the books. ``deliveries`` are plain functions over those
rows, the same in this process and in a worker. Source: service.md 1-11.
"""

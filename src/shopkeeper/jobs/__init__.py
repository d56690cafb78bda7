"""Work that is done without a minder: schedules, leases, retries, dead letters, and the outbox.

`schedule` says when, `queue` who does what under which lease, `worker` does it, `outbox` lets messages leave. What a kind
of job does is bound elsewhere, in a room that knows everything: this one knows only state and access.
"""

"""argon2 alone, on as many threads as Varvel hashes on: what no log-in can do better than."""

import resource
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from argon2 import PasswordHasher
from bench.subjects import HASH_MEMORY, HASH_TIME
from bench.wrk import Sample
from scripts.floods import PASSWORD


def measure(threads: int, seconds: float) -> Sample:
    """As many hashes as there is time for, as a sample of answers."""
    hasher = PasswordHasher(HASH_TIME, HASH_MEMORY, 1)
    hashed = hasher.hash(PASSWORD)

    def verified(end: float) -> int:
        count = 0
        while perf_counter() < end:
            hasher.verify(hashed, PASSWORD)
            count += 1
        return count

    used, begun = resource.getrusage(resource.RUSAGE_SELF), perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        total = sum(pool.map(verified, [begun + seconds] * threads))
    took, now = perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    each = took / total * threads * 1000
    return Sample(total, took, cpu, 0, 0, each, each)
